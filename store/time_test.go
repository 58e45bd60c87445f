package store

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/store/device"
	"xinmoi/store/queue"
)

// bubble runs a test on fake time, at 08:00 of a working day in the centre's zone.
func bubble(t *testing.T, run func(t *testing.T, w *wallClock)) {
	synctest.Test(t, func(t *testing.T) {
		morning := time.Date(2000, 1, 4, 8, 0, 0, 0, time.FixedZone("", 7*60*60))
		time.Sleep(time.Until(morning))
		run(t, new(wallClock))
	})
}

// types lists the entries after a number.
func types(t *testing.T, b *Book, after Seq) (list []string) {
	t.Helper()
	entries, err := b.Read(after, 1000)
	require.NoError(t, err)
	for _, e := range entries {
		list = append(list, e.Type)
	}
	return list
}

func TestADayEndsAtMidnight(t *testing.T) {
	bubble(t, func(t *testing.T, w *wallClock) {
		b := opened(t, t.TempDir(), w.options())
		do(t, b, cs)
		assert.Equal(t, queue.Day("2000-01-04"), b.View().Hall.Day())
		time.Sleep(15*time.Hour + 59*time.Minute)
		assert.Equal(t, queue.Day("2000-01-04"), b.View().Hall.Day())
		last := b.View().Seq
		time.Sleep(2 * time.Minute)
		assert.Equal(t, []string{"ticket.expired", "day.closed"}, types(t, b, last))
		assert.Equal(t, "+07", b.View().At.Format("-07"), "in the centre's zone")
		assert.Equal(t, "00:00:00", b.View().At.Format("15:04:05"))
		time.Sleep(8 * time.Hour)
		assert.Equal(t, "A001", issued(t, do(t, b, cs)).Number, "numbers begin again")
		assert.Equal(t, queue.Day("2000-01-05"), b.View().Hall.Day())
		shut(t, b)
		days, err := openedDays(t, b.dir)
		require.NoError(t, err)
		require.Len(t, days, 3)
		assert.Equal(t, []queue.Day{dayBefore, "2000-01-04", "2000-01-05"}, []queue.Day{days[0].Day, days[1].Day, days[2].Day})
		for i := 1; i < len(days); i++ {
			assert.Equal(t, days[i-1].Last+1, days[i].First)
		}
	})
}

func openedDays(t *testing.T, dir string) ([]Day, error) {
	b, err := Open(dir, Options{})
	require.NoError(t, err)
	defer b.Close()
	return b.Days()
}

// A step of the wall clock neither closes nor opens a day, and nobody loses a number.
func TestASteppedClockChangesNoDay(t *testing.T) {
	for _, step := range []time.Duration{20 * time.Hour, -20 * time.Hour, 400 * 24 * time.Hour, -5 * time.Second} {
		bubble(t, func(t *testing.T, w *wallClock) {
			b := opened(t, t.TempDir(), w.options())
			do(t, b, cs)
			time.Sleep(time.Hour)
			last := b.View()
			w.put(step)
			time.Sleep(10 * time.Second)
			assert.Equal(t, []string{"clock.stepped"}, types(t, b, last.Seq))
			assert.True(t, b.View().ClockUntrusted)
			assert.Equal(t, last.Hall.Day(), b.View().Hall.Day())
			assert.Equal(t, "A002", issued(t, do(t, b, cs)).Number)
			assert.Equal(t, time.Hour+10*time.Second, b.View().At.Sub(last.At).Truncate(time.Second), "waits are not lengthened")

			time.Sleep(14 * time.Hour)
			assert.Equal(t, queue.Day("2000-01-04"), b.View().Hall.Day())
			time.Sleep(2 * time.Hour)
			assert.Empty(t, b.View().Hall.Day(), "the day ends after its running time all the same")
		})
	}
}

func TestTheSupervisorSaysWhatTimeItIs(t *testing.T) {
	bubble(t, func(t *testing.T, w *wallClock) {
		b := opened(t, t.TempDir(), w.options())
		do(t, b, cs)
		w.put(20 * time.Hour)
		time.Sleep(5 * time.Second)
		require.True(t, b.View().ClockUntrusted)
		last := b.View().Seq
		require.NoError(t, b.SetClock(t.Context(), time.Time{}, queue.Actor{Via: "page"}))
		assert.False(t, b.View().ClockUntrusted)
		time.Sleep(2 * time.Second)
		assert.Equal(t, []string{"clock.trusted", "ticket.expired", "day.closed"}, types(t, b, last), "it is tomorrow by the clock that was said to be right")
	})
}

// While the clock cannot be trusted the hours of issue do not hold, and the number
// remembers it: nothing that is made of it shows a time.
func TestNoHoursByAClockInDoubt(t *testing.T) {
	bubble(t, func(t *testing.T, w *wallClock) {
		b := open(t, t.TempDir(), w.options())
		rules := testRules(1)
		rules.Services[0].Issue = []queue.Window{{From: 7 * 60, To: 9 * 60}}
		do(t, b, configure(rules))
		assert.False(t, issued(t, do(t, b, cs)).Unsure)
		time.Sleep(2 * time.Hour)
		_, err := b.Do(t.Context(), Request{Command: cs})
		assert.ErrorIs(t, err, queue.ErrClosedNow)
		for _, step := range []time.Duration{5 * time.Hour, -3 * time.Hour} {
			w.put(step)
			time.Sleep(2 * time.Second)
			e := issued(t, do(t, b, cs))
			assert.True(t, e.Unsure)
			ticket, _ := b.View().Hall.Ticket(e.Ticket)
			assert.True(t, ticket.Unsure)
		}
		w.put(0)
		time.Sleep(2 * time.Second)
		_, err = b.Do(t.Context(), Request{Command: cs})
		assert.ErrorIs(t, err, queue.ErrClosedNow, "the clock came back")
	})
}

// NTP at work: many small steps are none, and none is noted.
func TestSmallStepsAreOrdinary(t *testing.T) {
	bubble(t, func(t *testing.T, w *wallClock) {
		b := opened(t, t.TempDir(), w.options())
		do(t, b, cs)
		last := b.View().Seq
		for i := range 60 {
			w.put(time.Duration(i) * 500 * time.Millisecond)
			time.Sleep(30 * time.Second)
		}
		assert.Empty(t, types(t, b, last))
		assert.False(t, b.View().ClockUntrusted)
		now := b.Now()
		w.put(20 * time.Second)
		time.Sleep(2 * time.Second)
		assert.Contains(t, types(t, b, last), "clock.stepped", "ten seconds back at once are a step")
		assert.WithinDuration(t, now.Add(2*time.Second), b.Now(), time.Second, "but the time of the house runs on")
	})
}

// The battery of the clock is empty: the machine starts in the year 2000 of a
// book whose last entry is of 2026.
func TestStartWithAnUnsetClock(t *testing.T) {
	bubble(t, func(t *testing.T, w *wallClock) {
		dir := t.TempDir()
		w.put(26 * 365 * 24 * time.Hour)
		b := opened(t, dir, w.options())
		do(t, b, cs)
		day := b.View().Hall.Day()
		last := b.View()
		shut(t, b)

		w.put(0)
		b = open(t, dir, w.options())
		time.Sleep(1500 * time.Millisecond)
		assert.True(t, b.View().ClockUntrusted)
		assert.Equal(t, "A002", issued(t, do(t, b, cs)).Number, "the last day goes on")
		assert.Equal(t, day, b.View().Hall.Day())
		assert.WithinDuration(t, last.At, b.View().At, 10*time.Second)
		time.Sleep(48 * time.Hour)
		assert.Equal(t, day, b.View().Hall.Day(), "and does not end by a clock that says nothing")

		do(t, b, queue.CloseDay{})
		_, err := b.Do(t.Context(), Request{Command: cs})
		assert.ErrorIs(t, err, ErrClockUnset, "no day is opened under a wrong date")
		now := last.At.Add(72 * time.Hour)
		require.NoError(t, b.SetClock(t.Context(), now, queue.Actor{Via: "page"}))
		assert.Equal(t, "A001", issued(t, do(t, b, cs)).Number)
		assert.Equal(t, queue.Day(now.Format(time.DateOnly)), b.View().Hall.Day())
	})
}

// The day that ran out while the machine was off is closed before anybody can
// take a number of it.
func TestADayThatRanOutOvernight(t *testing.T) {
	bubble(t, func(t *testing.T, w *wallClock) {
		dir := t.TempDir()
		b := opened(t, dir, w.options())
		do(t, b, cs)
		shut(t, b)
		time.Sleep(24 * time.Hour)
		b = open(t, dir, w.options())
		assert.Equal(t, "A001", issued(t, do(t, b, cs)).Number)
		assert.Equal(t, queue.Day("2000-01-05"), b.View().Hall.Day())
	})
}

func TestKeysLastABusinessDay(t *testing.T) {
	bubble(t, func(t *testing.T, w *wallClock) {
		b := opened(t, t.TempDir(), w.options())
		ask := func() Answer {
			a, err := b.Do(t.Context(), Request{Command: cs, Key: "k", Digest: "d"})
			require.NoError(t, err)
			return a
		}
		ask()
		assert.True(t, ask().Repeated)
		time.Sleep(24 * time.Hour)
		assert.True(t, ask().Repeated, "until the next day is opened")
		do(t, b, cs)
		assert.False(t, ask().Repeated)
	})
}

func TestReports(t *testing.T) {
	bubble(t, func(t *testing.T, w *wallClock) {
		dir := t.TempDir()
		b := opened(t, dir, w.options())
		last := b.View().Seq
		count := func() int { synctest.Wait(); return len(types(t, b, last)) }
		status := func() string {
			synctest.Wait()
			for _, d := range b.View().Devices {
				if d.ID == "printer/p1" {
					return d.Detail
				}
			}
			return "unknown"
		}
		empty, none := device.Set(device.MediaEmpty), device.Set()

		b.Report("printer/p1", none, "fine")
		time.Sleep(900 * time.Millisecond)
		assert.Equal(t, 0, count())
		time.Sleep(200 * time.Millisecond)
		assert.Equal(t, 1, count(), "a new device is told of")
		assert.Equal(t, "fine", status())

		time.Sleep(time.Minute)
		b.Report("printer/p1", empty, "out")
		time.Sleep(500 * time.Millisecond)
		b.Report("printer/p1", none, "fine") // it was a wobble
		time.Sleep(time.Minute)
		assert.Equal(t, 1, count())

		b.Report("printer/p1", empty, "out")
		time.Sleep(900 * time.Millisecond)
		b.Report("printer/p1", empty, "out") // still: the second runs on
		time.Sleep(200 * time.Millisecond)
		assert.Equal(t, 2, count())
		assert.Equal(t, "out", status())

		for range 100 { // it flaps every two seconds
			b.Report("printer/p1", none, "fine")
			time.Sleep(2 * time.Second)
			b.Report("printer/p1", empty, "out")
			time.Sleep(2 * time.Second)
		}
		assert.LessOrEqual(t, count(), 2+44, "four, then at most one note in ten seconds")
		assert.Greater(t, count(), 10)
		time.Sleep(time.Minute)
		assert.Equal(t, "out", status(), "the last word is noted")
		entries, err := b.Read(last, 2)
		require.NoError(t, err)
		assert.Equal(t, "device.conditions", entries[0].Type)
		before := b.View().Devices
		shut(t, b)

		b = open(t, dir, w.options())
		last = b.View().Seq
		assert.Equal(t, before, b.View().Devices)
		b.Report("printer/p1", empty, "out")
		time.Sleep(time.Minute)
		assert.Equal(t, 0, count(), "the journal says so already")
		b.Report("led/l1", device.Set(device.Offline), "")
		b.Report("printer/p1", none, "fine")
		time.Sleep(2 * time.Second)
		assert.Equal(t, 2, count())
		assert.Equal(t, device.ID("led/l1"), b.View().Devices[0].ID)
	})
}

// A cover opened, closed, and then the paper out: each is known within the two
// seconds that people wait. What goes on like that is a device that flaps.
func TestReportsSoonAfterOneAnother(t *testing.T) {
	bubble(t, func(t *testing.T, w *wallClock) {
		b := opened(t, t.TempDir(), w.options())
		noted := func() device.Conditions {
			synctest.Wait()
			for _, d := range b.View().Devices {
				if d.ID == "printer/p1" {
					return d.Conditions
				}
			}
			return nil
		}
		empty, none := device.Set(device.MediaEmpty), device.Set()
		b.Report("printer/p1", none, "")
		for range 2 {
			time.Sleep(time.Minute)
			for _, c := range []device.Conditions{device.Set(device.CoverOpen), none, empty, none} {
				b.Report("printer/p1", c, "")
				time.Sleep(1100 * time.Millisecond)
				assert.True(t, noted().Equal(c), "%v, noted %v", c, noted())
			}
			b.Report("printer/p1", empty, "")
			time.Sleep(5 * time.Second)
			assert.Empty(t, noted())
			time.Sleep(5 * time.Second)
			assert.True(t, noted().Equal(empty))
			b.Report("printer/p1", none, "")
		}
	})
}

// A range is told once it has been learnt, and what was told is in the journal.
func TestWaitsAreLearnt(t *testing.T) {
	bubble(t, func(t *testing.T, w *wallClock) {
		dir := t.TempDir()
		b := open(t, dir, w.options())
		do(t, b, configure(testRules(1)))
		told := func() queue.Told { return issued(t, do(t, b, cs)).Told }
		for range 5 {
			do(t, b, cs)
		}
		for range 230 {
			time.Sleep(2 * time.Minute)
			do(t, b, queue.CallNext{Counter: "q1"})
			do(t, b, cs)
		}
		range1 := told()
		require.NotZero(t, range1.HighS)
		wait := (range1.Ahead + 1) * 120
		assert.LessOrEqual(t, range1.LowS, wait)
		assert.GreaterOrEqual(t, range1.HighS, wait)
		assert.Less(t, range1.HighS-range1.LowS, 15*60)
		shut(t, b)
		b = open(t, dir, w.options())
		assert.NotZero(t, told().HighS, "what was learnt outlives the run")
		for _, e := range mustRead(t, b, 5) {
			assert.Zero(t, e.Event.(queue.Issued).Told.HighS, "told before it was learnt")
		}
	})
}

func mustRead(t *testing.T, b *Book, n int) (issued []Entry) {
	entries, err := b.Read(0, 100)
	require.NoError(t, err)
	for _, e := range entries {
		if _, ok := e.Event.(queue.Issued); ok && len(issued) < n {
			issued = append(issued, e)
		}
	}
	return issued
}
