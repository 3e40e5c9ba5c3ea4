package store

import (
	"encoding/binary"

	"syncer/source"
)

// goneKeys collects the keys of rows to end, as PostgreSQL sent them.
type goneKeys struct {
	n    int
	keys [][]string
}

func (g *goneKeys) add(key [][]byte) {
	k := make([]string, len(key))
	for i, v := range key {
		k[i] = string(v)
	}
	g.keys = append(g.keys, k)
	g.n++
}

func (g *goneKeys) truncate(n int) { g.keys, g.n = g.keys[:n], n }

// chunks cuts the keys into arguments for table.end: one array per key column.
func (g *goneKeys) chunks(t *table) (chunks [][]any) {
	for start := 0; start < g.n; start += endChunk {
		part := g.keys[start:min(start+endChunk, g.n)]
		args := make([]any, len(t.Key))
		for i, name := range t.Key {
			c, _ := t.Column(name)
			args[i] = keyArray(c.Type, part, i)
		}
		chunks = append(chunks, args)
	}
	return chunks
}

func keyArray(t source.Type, keys [][]string, i int) any {
	if t == source.BigInt {
		a := make([]int64, len(keys))
		for j, k := range keys {
			a[j] = int64(binary.BigEndian.Uint64([]byte(k[i])))
		}
		return a
	}
	a := make([]string, len(keys))
	for j, k := range keys {
		a[j] = k[i]
	}
	return a
}
