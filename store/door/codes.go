package door

import "net/http"

// Code is one line of the table of everything that can be refused. Its sentence
// is the locale key "door.<code>"; with Needs, and all of them at hand, it is
// "door.<code>.with", which may name them.
type Code struct {
	Status int
	Retry  bool     // the very same request, key included, may go well later
	Needs  []string // holes of the longer sentence
}

// Codes is the table. The codes are stable: pages and other programs decide by
// them. 404 for what is named and not there, 422 for a value that cannot be
// right, 409 for what does not fit the present state of the hall.
var Codes = map[string]Code{
	// The rules of the queue (store/queue/refusal.go).
	"unknown_service":   {Status: http.StatusNotFound},
	"unknown_counter":   {Status: http.StatusNotFound},
	"unknown_ticket":    {Status: http.StatusNotFound, Needs: []string{"number"}},
	"unknown_class":     {Status: http.StatusUnprocessableEntity},
	"not_offered_here":  {Status: http.StatusConflict},
	"closed_now":        {Status: http.StatusConflict, Needs: []string{"back_at"}},
	"cap_reached":       {Status: http.StatusConflict, Needs: []string{"back_at"}},
	"numbers_used_up":   {Status: http.StatusConflict},
	"nobody_waiting":    {Status: http.StatusConflict},
	"repeated":          {Status: http.StatusConflict},
	"ticket_changed":    {Status: http.StatusConflict, Needs: []string{"number"}},
	"no_current_ticket": {Status: http.StatusConflict},
	"counter_busy":      {Status: http.StatusConflict, Needs: []string{"number"}},
	"counter_closed":    {Status: http.StatusConflict},
	"counter_paused":    {Status: http.StatusConflict},
	"held_elsewhere":    {Status: http.StatusConflict, Needs: []string{"number", "counter"}},
	"wrong_state":       {Status: http.StatusConflict, Needs: []string{"number", "state"}},
	"nothing_to_undo":   {Status: http.StatusConflict},
	"too_late":          {Status: http.StatusConflict},
	"already_rated":     {Status: http.StatusConflict},
	"no_show_limit":     {Status: http.StatusConflict},
	"reason_needed":     {Status: http.StatusUnprocessableEntity},
	"bad_target":        {Status: http.StatusUnprocessableEntity},
	"bad_value":         {Status: http.StatusUnprocessableEntity, Needs: []string{"field"}},
	"same_number":       {Status: http.StatusUnprocessableEntity},
	"day_open":          {Status: http.StatusConflict},
	"day_not_open":      {Status: http.StatusConflict},
	"still_in_use":      {Status: http.StatusConflict, Needs: []string{"tickets"}},
	"not_configured":    {Status: http.StatusConflict},

	// The paper.
	"not_saved": {Status: http.StatusServiceUnavailable},

	// The book.
	"clock_too_far":   {Status: http.StatusUnprocessableEntity},
	"unknown_day":     {Status: http.StatusNotFound},
	"key_reused":      {Status: http.StatusUnprocessableEntity},
	"outcome_unknown": {Status: http.StatusServiceUnavailable, Retry: true},
	"stopping":        {Status: http.StatusServiceUnavailable, Retry: true},
	"disk_low":        {Status: http.StatusServiceUnavailable},
	"clock_unset":     {Status: http.StatusServiceUnavailable},
	"book_damaged":    {Status: http.StatusInternalServerError},

	// The door itself.
	"malformed_json":         {Status: http.StatusBadRequest},
	"wrong_type":             {Status: http.StatusBadRequest, Needs: []string{"field"}},
	"unknown_field":          {Status: http.StatusBadRequest, Needs: []string{"field"}},
	"bad_key":                {Status: http.StatusBadRequest},
	"bad_query":              {Status: http.StatusBadRequest, Needs: []string{"field"}},
	"body_too_large":         {Status: http.StatusRequestEntityTooLarge, Needs: []string{"kb"}},
	"unsupported_media_type": {Status: http.StatusUnsupportedMediaType},
	"method_not_allowed":     {Status: http.StatusMethodNotAllowed},
	"not_found":              {Status: http.StatusNotFound},
	"misdirected":            {Status: http.StatusMisdirectedRequest},
	"cross_origin":           {Status: http.StatusForbidden},
	"forbidden_here":         {Status: http.StatusForbidden},
	"not_ready":              {Status: http.StatusServiceUnavailable, Retry: true},
	"internal":               {Status: http.StatusInternalServerError},

	// Machines that lend devices.
	"wrong_agent_key": {Status: http.StatusUnauthorized},
	"bad_agent_name":  {Status: http.StatusUnprocessableEntity},
	"agent_known":     {Status: http.StatusConflict},
	"unknown_agent":   {Status: http.StatusNotFound},

	// Voices and recordings (display/studio.go).
	"upload_gone": {Status: http.StatusNotFound},
	"bad_sound":   {Status: http.StatusUnprocessableEntity},
	"no_speech":   {Status: http.StatusUnprocessableEntity},
	"no_zip":      {Status: http.StatusUnprocessableEntity},
	"no_pack":     {Status: http.StatusUnprocessableEntity},
	"no_clips":    {Status: http.StatusUnprocessableEntity},

	// Notices for the boards (display/notices.go).
	"bad_notice_type":   {Status: http.StatusUnprocessableEntity},
	"bad_notice_empty":  {Status: http.StatusUnprocessableEntity},
	"bad_notice_large":  {Status: http.StatusUnprocessableEntity},
	"bad_notice_broken": {Status: http.StatusUnprocessableEntity},
	"bad_notice_long":   {Status: http.StatusUnprocessableEntity},

	// The stream.
	"unknown_view":     {Status: http.StatusNotFound},
	"bad_handshake":    {Status: http.StatusBadRequest},
	"too_many_screens": {Status: http.StatusServiceUnavailable, Retry: true},
}
