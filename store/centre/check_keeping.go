package centre

import "path/filepath"

// checkKeeping looks at how long the book is kept, and where it is copied to.
func (c *checker) checkKeeping() {
	d := c.d
	c.within("retention.years", value(d.Keep.Years), 0, 100)
	b := d.Backup
	c.absolute("backup.folder", b.Folder)
	c.absolute("backup.stick", b.Stick)
	if b.Folder != "" && b.Stick != "" {
		c.wrong("backup.stick", "backup_two")
	}
	if b.To() == "" {
		for _, key := range []string{"at", "keep"} {
			if _, written := c.lines["backup."+key]; written {
				c.odd("backup."+key, "backup_nowhere", "key", key)
			}
		}
		return
	}
	if m, ok := parseClock(b.At); !ok || m >= 24*60 {
		c.wrong("backup.at", "clock_bad", "value", b.At)
	}
	c.within("backup.keep", value(b.Keep), 1, 1000)
}

// absolute checks the path of a folder, if there is one.
func (c *checker) absolute(at, path string) {
	if path != "" && !filepath.IsAbs(path) {
		c.wrong(at, "path_bad", "value", path)
	}
}
