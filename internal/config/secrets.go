package config

import "syncer/text"

// hide removes the secrets of a configuration from everything that is written.
func (c *Config) hide() {
	if c.Server.Token != NoToken {
		text.Hide("server", string(c.Server.Token))
	}
	for _, a := range c.Accounts {
		a.Credentials.hide("account " + a.Name)
	}
	c.History.Archive.Credentials.hide("archive")
	for _, t := range c.Notify.Targets {
		text.Hide("notify "+t.Name, append(text.URLSecrets(string(t.URL)), string(t.Secret))...)
	}
}

func (k Credentials) hide(owner string) {
	text.Hide(owner, append(text.URLSecrets(string(k.URI)), k.AccessKeyID, string(k.AccessKeySecret), string(k.SecurityToken), k.ExternalID)...)
}
