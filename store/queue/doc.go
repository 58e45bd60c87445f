// Package queue holds the rules of the hall: tickets, counters, who is next. It
// is pure: no clock, no disk, no goroutine, no logger. A [Hall] is the fold of
// all facts; [Hall.Decide] says what a command leads to; [Hall.Apply] folds it.
//
// What is promised:
//
//   - A refusal changes nothing, and neither does Decide. No events and no error
//     means that all is as the command asked for.
//   - Decide depends on the hall, the command, its author and now; Apply on the
//     hall and the fact. The same facts give the same hall, byte for byte.
//   - No ticket is in two places: queues and counters follow from the state of
//     each ticket alone (put, in apply.go).
//   - No number is given twice in a business day and series, whatever is
//     configured, closed or opened again in between.
//   - A published Hall, and every Ticket and Counter read from it, never changes.
//
// What the caller owes: now and the times of facts are whole milliseconds, carry
// the centre's zone and never go back; events are folded in the order in which
// Decide gave them; a [Tick] comes before the first command of a run and every few
// seconds after, since nothing else closes a day that has run out.
//
// Decisions:
//
//   - A command decides on a draft of the hall, into which its own events are
//     folded as they arise. So "next" looks at the queue after its own closing of
//     the current ticket, and armed counters are served in one place, after every
//     command, whatever made somebody callable. The price is a Clone for each
//     command, which shares all but some short lists.
//   - A returned no-show keeps its place, which by then is among the first. Were
//     it due from the instant of its return, it would wait as long as a new
//     number. Postponed tickets keep theirs too. Both stand behind the others
//     until their time, or calls, have come, but no counter is kept idle for that.
//   - Under Strict, one ordinary ticket is let in at a time, per counter. In a
//     hall where everybody waits longer than the cap, priority would otherwise
//     never have its turn.
//   - The end of a day closes all counters and signs everybody out. A day closed
//     by hand stays closed to kiosks until its date is over or somebody opens it
//     again; its numbers then go on.
//   - An appointment that nobody has checked in stands in no queue. A clerk who
//     calls it by number checks it in.
//
// # Transitions
//
// The tables are read by a test, which tries every cell. A cell names the events
// that follow, without "ticket." or "counter."; !code is a refusal, . stands for
// !wrong_state, and - for success without an event.
//
// Commands that name a ticket; Call and ResultCall at another, free counter.
// "booked" is a waiting appointment that is not checked in, "result" a ticket
// parked for its result.
//
//	TICKET       booked             waiting           called            serving           parked            result            finished        no_show           cancelled  expired
//	CheckIn      checked_in         .                 .                 .                 .                 .                 .               .                 .          .
//	Postpone     .                  postponed         .                 .                 .                 .                 .               .                 .          .
//	Call         checked_in+called  called            !held_elsewhere   !held_elsewhere   called            called            .               called            .          .
//	ResultCall   .                  .                 !held_elsewhere   !held_elsewhere   .                 result_called     .               .                 .          .
//	Return       .                  .                 .                 .                 returned          returned          .               returned          .          .
//	Cancel       cancelled          cancelled         cancelled         .                 cancelled         cancelled         .               .                 .          .
//	SetPriority  priority_changed   priority_changed  priority_changed  priority_changed  priority_changed  priority_changed  .               priority_changed  .          .
//	SetOutcome   .                  .                 .                 .                 .                 .                 outcome_set     .                 .          .
//	LinkDossier  dossier_linked     dossier_linked    dossier_linked    dossier_linked    dossier_linked    dossier_linked    dossier_linked  .                 .          .
//	Rate         .                  .                 .                 .                 .                 .                 rated           .                 .          .
//
// Commands at a counter that is closed, paused, open without a ticket, or has one
// called 1 second, 20 seconds or 60 seconds ago, or started. Somebody waits, but
// not for "next_nobody" and "next_keypad"; the latter opens and arms.
//
//	COUNTER       closed                paused                free                  1s                    20s                   60s                   serving
//	next_waiting  !counter_closed       !counter_paused       called                !repeated             no_show+called        finished+called       finished+called
//	next_nobody   !counter_closed       !counter_paused       !nobody_waiting       !repeated             no_show               finished              finished
//	next_keypad   opened+armed          opened+armed          armed                 !repeated             no_show+armed         finished+armed        finished+armed
//	Recall        !no_current_ticket    !no_current_ticket    !no_current_ticket    recalled              recalled              recalled              recalled
//	Start         !no_current_ticket    !no_current_ticket    !no_current_ticket    started               started               started               .
//	Finish        !no_current_ticket    !no_current_ticket    !no_current_ticket    finished              finished              finished              finished
//	MarkNoShow    !no_current_ticket    !no_current_ticket    !no_current_ticket    no_show               no_show               no_show               .
//	Park          !no_current_ticket    !no_current_ticket    !no_current_ticket    parked                parked                parked                parked
//	Transfer      !no_current_ticket    !no_current_ticket    !no_current_ticket    transferred           transferred           transferred           transferred
//	Undo          !nothing_to_undo      !nothing_to_undo      !nothing_to_undo      undone                !too_late             !too_late             !nothing_to_undo
//	Call          !counter_closed       !counter_paused       called                !counter_busy         !counter_busy         !counter_busy         !counter_busy
//	ResultCall    !counter_closed       !counter_paused       result_called         !counter_busy         !counter_busy         !counter_busy         !counter_busy
//	ServeDirect   !counter_closed       !counter_paused       served_direct         served_direct         served_direct         served_direct         served_direct
//	OpenCounter   opened                opened                -                     -                     -                     -                     -
//	PauseCounter  paused                paused                paused                !counter_busy         !counter_busy         !counter_busy         !counter_busy
//	CloseCounter  -                     closed                closed                !counter_busy         !counter_busy         !counter_busy         !counter_busy
//	SignIn        signed_out+signed_in  signed_out+signed_in  signed_out+signed_in  signed_out+signed_in  signed_out+signed_in  signed_out+signed_in  signed_out+signed_in
//	SignOut       signed_out            signed_out            signed_out            signed_out            signed_out            signed_out            signed_out
//
// Commands of the house: before the first document, before the first day, with an
// open day, with one that has run out, after one closed by hand, and on the day
// after that. One ticket waits while a day is open.
//
//	HOUSE          unconfigured       new                open                       over                shut               next_day
//	Issue          !not_configured    day.opened+issued  issued                     issued              !day_not_open      day.opened+issued
//	OpenDay        !not_configured    day.opened         !day_open                  !day_open           day.opened         day.opened
//	CloseDay       !day_not_open      !day_not_open      expired+closed+day.closed  expired+day.closed  !day_not_open      !day_not_open
//	Tick           -                  -                  -                          expired+day.closed  -                  -
//	TickUntrusted  -                  -                  -                          -                   -                  -
//	SkipNumbers    !bad_value         !day_not_open      numbers.skipped            numbers.skipped     !day_not_open      !day_not_open
//	Configure      centre.configured  centre.configured  centre.configured          centre.configured   centre.configured  centre.configured
//	ServeDirect    !unknown_counter   !counter_closed    served_direct              !counter_closed     !day_not_open      day.opened+served_direct
package queue
