package store

import (
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Commit is what one commit took.
type Commit struct {
	Took  time.Duration // the whole transaction
	Flush time.Duration // one write to the disk with its flush; a commit has two
	Jobs  int           // commands and notes in it
}

const (
	paceOver  = 64                    // commits that are looked at together
	slowFlush = 20 * time.Millisecond // etcd warns there too
	slowEvery = time.Hour
)

// pace watches how long the disk takes. The writer's own.
type pace struct {
	flushes []time.Duration // the last ones
	warned  time.Time
}

// note takes one commit in, and says how slow the disk is when half of the last
// flushes took longer than they should. At most once in an hour.
func (p *pace) note(c Commit, now time.Time) (median time.Duration, slow bool) {
	p.flushes = append(p.flushes, c.Flush)
	if len(p.flushes) < paceOver {
		return 0, false
	}
	slices.Sort(p.flushes)
	median = p.flushes[paceOver/2]
	p.flushes = p.flushes[:0]
	if median <= slowFlush || !p.warned.IsZero() && now.Sub(p.warned) < slowEvery {
		return median, false
	}
	p.warned = now
	return median, true
}

// commit writes the batch and measures it.
func (b *Book) commit(t *batch, jobs int) error {
	before, begun := b.db.Stats(), time.Now()
	err := b.opts.update(b.db, func(tx *bolt.Tx) error { return t.store(tx, &b.st.tail) })
	if err != nil {
		return err
	}
	after := b.db.Stats()
	c := Commit{Took: time.Since(begun), Jobs: jobs, Flush: (after.TxStats.GetWriteTime() - before.TxStats.GetWriteTime()) / 2}
	if b.opts.Observe != nil {
		b.opts.Observe(c)
	}
	if median, slow := b.pace.note(c, begun); slow {
		b.log.Warn("the disk is slow: every press waits for two flushes", "flush", median)
	}
	return nil
}

// Queued is how many commands wait for the writer.
func (b *Book) Queued() int { return len(b.jobs) }
