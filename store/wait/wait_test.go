package wait

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hall feeds the model with n people of a hall in which each place in the queue
// costs about perPlace seconds, and returns how many of the told ranges held.
func hall(m *Model, rng *rand.Rand, n int, perPlace float64) (told, right int) {
	for range n {
		ahead := rng.IntN(20)
		waited := 0.0
		for range ahead + 1 {
			waited += perPlace * (0.4 + 1.2*rng.Float64())
		}
		low, high, ok := m.Range("cs", ahead)
		if ok {
			told++
			if low <= int(waited) && int(waited) <= high {
				right++
			}
		}
		m.Observe("cs", ahead, int(waited), low, high)
	}
	return told, right
}

func TestNothingIsToldBeforeItIsLearnt(t *testing.T) {
	m, rng := New(), rand.New(rand.NewPCG(1, 2))
	told, _ := hall(m, rng, MinTickets, 120)
	assert.Zero(t, told, "a range was told too early")
	_, _, ok := m.Range("cs", 3)
	assert.True(t, ok, "after %d tickets a range is known", MinTickets)
	_, _, ok = m.Range("other", 3)
	assert.False(t, ok, "one service says nothing about another")
}

func TestRangesHold(t *testing.T) {
	m, rng := New(), rand.New(rand.NewPCG(3, 4))
	hall(m, rng, MinTickets, 120)
	told, right := hall(m, rng, 2000, 120)
	require.Equal(t, 2000, told)
	assert.GreaterOrEqual(t, right*100, MinRight*told, "%d of %d ranges held", right, told)

	low, high, _ := m.Range("cs", 9)
	assert.Zero(t, low%60+high%60, "whole minutes: %d to %d", low, high)
	assert.Greater(t, low, 8*60, "ten places of two minutes")
	assert.Less(t, high, 36*60)
}

func TestAWrongModelFallsSilentAndLearnsAgain(t *testing.T) {
	m, rng := New(), rand.New(rand.NewPCG(5, 6))
	hall(m, rng, 600, 60)
	_, _, ok := m.Range("cs", 5)
	require.True(t, ok)
	silent := false
	for range 40 { // everything takes six times as long from now on
		hall(m, rng, 5, 360)
		_, _, ok := m.Range("cs", 5)
		silent = silent || !ok
	}
	assert.True(t, silent, "it went on telling ranges that did not hold")
	hall(m, rng, 800, 360)
	low, _, ok := m.Range("cs", 5)
	assert.True(t, ok, "it never learnt the new pace")
	assert.Greater(t, low, 15*60)
}

func TestKeptStateIsTheSame(t *testing.T) {
	m, rng := New(), rand.New(rand.NewPCG(7, 8))
	hall(m, rng, 500, 90)
	data, err := m.MarshalBinary()
	require.NoError(t, err)
	other := New()
	require.NoError(t, other.UnmarshalBinary(data))
	for ahead := range 40 {
		l1, h1, ok1 := m.Range("cs", ahead)
		l2, h2, ok2 := other.Range("cs", ahead)
		assert.Equal(t, []any{l1, h1, ok1}, []any{l2, h2, ok2})
	}
	again, err := other.MarshalBinary()
	require.NoError(t, err)
	assert.Equal(t, data, again)
	assert.Less(t, len(data), 8<<10, "small enough for every snapshot")
	assert.Error(t, New().UnmarshalBinary([]byte{0xff, 0}))
}

func TestOddValues(t *testing.T) {
	m := New()
	for range 300 {
		m.Observe("cs", -4, -60, 0, 0)
	}
	low, high, ok := m.Range("cs", -1)
	assert.True(t, ok)
	assert.Equal(t, []int{0, 60}, []int{low, high})
}
