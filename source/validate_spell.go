package source

import (
	"slices"
	"strconv"
)

func (v *validation) spells() {
	for _, s := range v.source.Spells {
		here := at("spells", s.Name)
		if err := CheckName(s.Name); err != nil {
			v.addKey(here, "%s", err)
		}
		for _, name := range []string{s.Name, s.Daily()} {
			if v.isTaken(name) {
				v.addKey(here, "there is another view %s: every one needs a name of its own", name)
			}
		}
		if len(s.Where) == 0 {
			v.addKey(here, "says no condition: expected where")
		}
		v.conditions(in(here, "where"), v.source, s.Where)
		for _, name := range v.source.Key {
			if slices.Contains(spellColumns, name) {
				v.addKey(here, "%s, a column of the key, is the name of a column that every spell has", name)
			}
		}
		shown := slices.Clone(v.source.Key)
		columns := func(key string, list, reserved []string) {
			for i, name := range list {
				here := in(here, key, strconv.Itoa(i))
				c, ok := v.steady(here, v.source, name)
				switch {
				case !ok:
				case slices.Contains(shown, name):
					v.add(here, "the spells have column %s already", name)
				case slices.Contains(reserved, name):
					v.add(here, "%q is the name of a column that every spell has", name)
				case key == "by" && !isPlain(c.Type) && c.Type != Bool:
					v.add(here, "column %s is no text, integer or boolean, and so cannot tell spells apart", name)
				}
				shown = append(shown, name)
			}
		}
		columns("by", s.By, slices.Concat(spellColumns, dailyColumns))
		columns("show", s.Show, spellColumns)
	}
}
