package queue

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// table is one of the tables of the package comment.
type table struct {
	first, last int // lines in doc.go: header and last row
	columns     []string
	rows        [][]string // name, cells
}

func readTables(t *testing.T, lines []string) map[string]*table {
	tables := map[string]*table{}
	var open *table
	for i, line := range lines {
		words := strings.Fields(strings.TrimPrefix(line, "//"))
		switch {
		case !strings.HasPrefix(line, "//\t"):
			open = nil
		case open == nil:
			open = &table{first: i, columns: words[1:]}
			tables[words[0]] = open
		default:
			open.rows = append(open.rows, words)
			open.last = i
		}
	}
	require.Len(t, tables, 3)
	return tables
}

// TestTransitions tries every cell of the tables in the package comment. With
// -update it writes them.
func TestTransitions(t *testing.T) {
	source, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	lines := strings.Split(string(source), "\n")
	tried := map[string]bool{}
	for name, try := range map[string]func(*testing.T, string, string) (Command, string){
		"TICKET": tryTicket, "COUNTER": tryCounter, "HOUSE": tryHouse,
	} {
		table := readTables(t, lines)[name]
		text := [][]string{append([]string{name}, table.columns...)}
		for _, row := range table.rows {
			real := []string{row[0]}
			for i, column := range table.columns {
				command, cell := try(t, row[0], column)
				real = append(real, cell)
				tried[reflect.TypeOf(command).Name()] = true
				if !*update {
					require.Len(t, row, len(table.columns)+1, "row %s", row[0])
					require.Equal(t, row[i+1], cell, "%s in state %s", row[0], column)
				}
			}
			text = append(text, real)
		}
		copy(lines[table.first:], format(text))
	}
	for _, c := range commands() {
		require.True(t, tried[reflect.TypeOf(c).Name()], "%T stands in no table", c)
	}
	if *update {
		require.NoError(t, os.WriteFile("doc.go", []byte(strings.Join(lines, "\n")), 0o644))
	}
}

func format(rows [][]string) (lines []string) {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len(cell))
		}
	}
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			line += fmt.Sprintf("%-*s  ", width[i], cell)
		}
		lines = append(lines, "//\t"+strings.TrimRight(line, " "))
	}
	return lines
}

// outcome writes what a command leads to as a cell of a table does.
func outcome(h *Hall, c Command, now time.Time) string {
	events, err := h.Decide(c, Actor{}, now)
	switch {
	case err == ErrWrongState, err != nil && err.(*Refusal).Code == ErrWrongState.Code:
		return "."
	case err != nil:
		return "!" + err.(*Refusal).Code
	case len(events) == 0:
		return "-"
	}
	names := make([]string, len(events))
	for i, e := range events {
		names[i] = strings.TrimPrefix(strings.TrimPrefix(string(e.Type()), "ticket."), "counter.")
	}
	return strings.Join(names, "+")
}

// hallOf runs scenario lines in a small centre.
func hallOf(t *testing.T, lines ...string) *scenario {
	s := newScenario(t)
	centre := []string{
		"service civil A", "service land B", "class elder 15",
		"counter q1 civil", "counter q2 civil", "counter q3 civil arm auto_open",
		"08:00:00 configure", "08:00:00 open q2", "08:00:00 sign-in q1 lan",
	}
	for _, line := range append(centre, lines...) {
		s.line(line, strings.Fields(line))
	}
	return s
}

// tryTicket brings A001 into a state; q2 is open and free.
func tryTicket(t *testing.T, row, state string) (Command, string) {
	ways := map[string][]string{
		"booked":    {"08:01:00 issue civil slot=09:00"},
		"waiting":   {"08:01:00 issue civil"},
		"called":    {"08:01:00 issue civil", "08:02:00 open q1", "08:02:00 call q1 A001"},
		"serving":   {"08:01:00 issue civil", "08:02:00 open q1", "08:02:00 call q1 A001", "08:02:10 start q1"},
		"parked":    {"08:01:00 issue civil", "08:02:00 open q1", "08:02:00 call q1 A001", "08:02:10 park q1 fee"},
		"result":    {"08:01:00 issue civil", "08:02:00 open q1", "08:02:00 call q1 A001", "08:02:10 park q1 result"},
		"finished":  {"08:01:00 issue civil", "08:02:00 open q1", "08:02:00 call q1 A001", "08:02:10 finish q1"},
		"no_show":   {"08:01:00 issue civil", "08:02:00 open q1", "08:02:00 call q1 A001", "08:02:10 no-show q1"},
		"cancelled": {"08:01:00 issue civil", "08:02:00 cancel A001"},
		"expired":   {"08:01:00 issue civil", "08:02:00 close-day", "08:02:00 open-day", "08:02:00 open q2"},
	}
	require.Contains(t, ways, state)
	s := hallOf(t, ways[state]...)
	id := s.ticket("A001")
	command := map[string]Command{
		"CheckIn":     CheckIn{Ticket: id},
		"Postpone":    Postpone{Ticket: id, Minutes: 10},
		"Call":        Call{Counter: "q2", Target: Target{Ticket: id}},
		"ResultCall":  ResultCall{Counter: "q2", Target: Target{Ticket: id}},
		"Return":      Return{Ticket: id},
		"Cancel":      Cancel{Ticket: id},
		"SetPriority": SetPriority{Ticket: id, Class: "elder", Reason: "seen"},
		"SetOutcome":  SetOutcome{Ticket: id, Outcomes: map[Outcome]int{Advised: 1}},
		"LinkDossier": LinkDossier{Ticket: id, Dossier: "000.00.12"},
		"Rate":        Rate{Ticket: id, Level: 5},
	}[row]
	require.NotNil(t, command, row)
	return command, outcome(s.hall, command, s.now.Add(10*time.Second))
}

// tryCounter brings q1, or the keypad's q3, into a state at 08:10:00.
func tryCounter(t *testing.T, row, state string) (Command, string) {
	at := "q1"
	if row == "next_keypad" {
		at = "q3"
	}
	called := func(clock string) []string {
		return []string{"08:01:00 open q1", "08:01:00 open q3", clock + " call " + at + " A001"}
	}
	ways := map[string][]string{
		"closed":  nil,
		"paused":  {"08:01:00 pause " + at},
		"free":    {"08:01:00 open " + at},
		"1s":      called("08:09:59"),
		"20s":     called("08:09:40"),
		"60s":     called("08:09:00"),
		"serving": append(called("08:09:00"), "08:09:10 start "+at),
	}
	require.Contains(t, ways, state)
	lines := []string{ // A001 to be called, A002 parked for its result, A003 waiting
		"08:00:10 issue civil", "08:00:10 issue civil", "08:00:10 issue civil",
		"08:00:20 call q2 A002", "08:00:30 park q2 result",
	}
	if row == "next_nobody" || row == "next_keypad" {
		lines = append(lines, "08:00:30 cancel A003")
		if state == "closed" || state == "paused" || state == "free" {
			lines = append(lines, "08:00:30 cancel A001")
		}
	}
	s := hallOf(t, append(lines, ways[state]...)...)
	c := CounterID(at)
	command := map[string]Command{
		"next_waiting": CallNext{Counter: c},
		"next_nobody":  CallNext{Counter: c},
		"next_keypad":  CallNext{Counter: c},
		"Recall":       Recall{Counter: c},
		"Start":        Start{Counter: c},
		"Finish":       Finish{Counter: c},
		"MarkNoShow":   MarkNoShow{Counter: c},
		"Park":         Park{Counter: c},
		"Transfer":     Transfer{Counter: c, ToService: "land"},
		"Undo":         Undo{Counter: c},
		"Call":         Call{Counter: c, Target: Target{Number: "A003"}},
		"ResultCall":   ResultCall{Counter: c, Target: Target{Number: "A002"}},
		"ServeDirect":  ServeDirect{Counter: c},
		"OpenCounter":  OpenCounter{Counter: c},
		"PauseCounter": PauseCounter{Counter: c},
		"CloseCounter": CloseCounter{Counter: c},
		"SignIn":       SignIn{Counter: c, Clerk: "minh"},
		"SignOut":      SignOut{Counter: c},
	}[row]
	require.NotNil(t, command, row)
	return command, outcome(s.hall, command, s.clock("08:10"))
}

func tryHouse(t *testing.T, row, state string) (Command, string) {
	s := newScenario(t)
	now := s.clock("09:00")
	if state != "unconfigured" {
		s.run("service civil A\ncounter q1 civil arm\n08:00:00 configure\n----")
	}
	switch state {
	case "unconfigured", "new":
	case "open":
		s.run("08:01:00 issue civil\n08:01:00 open q1\n----")
	case "over":
		s.run("08:01:00 issue civil\n----")
		now = now.AddDate(0, 0, 1)
	case "shut":
		s.run("08:01:00 open-day\n08:02:00 close-day\n08:03:00 open q1\n----")
	case "next_day":
		s.run("08:01:00 open-day\n08:02:00 close-day\n08:03:00 open q1\n----")
		now = now.AddDate(0, 0, 1)
	default:
		require.Fail(t, "unknown state", state)
	}
	command := map[string]Command{
		"Issue":         Issue{Service: "civil"},
		"OpenDay":       OpenDay{},
		"CloseDay":      CloseDay{},
		"Tick":          Tick{},
		"TickUntrusted": Tick{Untrusted: true},
		"SkipNumbers":   SkipNumbers{Series: "A", To: 8, Cause: CausePowerCut},
		"Configure":     Configure{Hash: "new", Rules: *s.hall.Rules()},
		"ServeDirect":   ServeDirect{Counter: "q1"},
	}[row]
	require.NotNil(t, command, row)
	return command, outcome(s.hall, command, now)
}

// commands lists one of each.
func commands() []Command {
	return []Command{
		Issue{}, CheckIn{}, Postpone{}, Rate{}, CallNext{}, Call{}, ResultCall{}, Recall{}, Start{}, Finish{},
		MarkNoShow{}, Park{}, Transfer{}, Undo{}, OpenCounter{}, CloseCounter{}, PauseCounter{}, SignIn{}, SignOut{},
		ServeDirect{}, Return{}, Cancel{}, SetPriority{}, SetOutcome{}, LinkDossier{}, OpenDay{}, CloseDay{}, Tick{}, SkipNumbers{}, Configure{},
	}
}
