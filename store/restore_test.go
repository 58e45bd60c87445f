package store

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
)

func TestRestore(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, dir, Options{})
	do(t, b, cs)
	early := filepath.Join(t.TempDir(), "early.db")
	require.NoError(t, b.Copy(early))
	_, _, err := Restore(dir, early, AuditOptions{})
	assert.ErrorIs(t, err, ErrInUse)
	for range 3 {
		do(t, b, cs)
	}
	late := filepath.Join(t.TempDir(), "late.db")
	shut(t, b)
	require.NoError(t, CopyClosed(dir, late))

	_, _, err = Restore(dir, early, AuditOptions{})
	var worse *Worse
	require.True(t, errors.As(err, &worse), "%v", err)
	assert.Equal(t, Worse{Entries: 3, Tickets: 3}, *worse)
	other := auditedDay(t)
	_, _, err = Restore(dir, BookFile(other), AuditOptions{})
	assert.True(t, errors.As(err, &worse), "longer, but another book: %v", err)
	assert.NoFileExists(t, BookFile(dir)+".new")

	kept, report, err := Restore(dir, late, AuditOptions{})
	require.NoError(t, err, "the same book")
	assert.Equal(t, 4, report.Tickets)
	assert.FileExists(t, kept)

	// The book in place is damaged: an older one is better, and no number is given twice.
	edit(t, dir, func(tx *bolt.Tx) error { return tx.Bucket(bucketOf(b.View().Hall.Day())).Delete(seqKey(5)) })
	_, _, err = Restore(dir, early, AuditOptions{})
	require.NoError(t, err)
	b = open(t, dir, Options{})
	assert.Equal(t, "A013", issued(t, do(t, b, cs)).Number, "A002 to A004 are in people's hands")

	empty := t.TempDir() // a new machine
	kept, _, err = Restore(empty, late, AuditOptions{})
	require.NoError(t, err)
	assert.Empty(t, kept)
	assert.Len(t, open(t, empty, Options{}).View().Hall.Tickets(), 4)

	damaged := t.TempDir()
	begun(t, damaged)
	edit(t, damaged, func(tx *bolt.Tx) error { return tx.Bucket(bucketMeta).Delete(keyTail) })
	_, _, err = Restore(empty, BookFile(damaged), AuditOptions{})
	assert.ErrorIs(t, err, ErrNotWhole)
}
