package counter

import (
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/require"

	"xinmoi/store"
)

func TestStaffHearsThatAKioskAsksForHelp(t *testing.T) {
	note, err := cbor.Marshal(map[int]string{1: "k1"})
	require.NoError(t, err)
	heard, ok := counterEvent(store.Entry{Type: "kiosk.help_asked", Note: note}, &store.View{}, "c1")
	require.True(t, ok)
	require.Equal(t, help{Kiosk: "k1"}, heard)
	_, ok = counterEvent(store.Entry{Type: "kiosk.help_asked", Note: []byte{0xff}}, &store.View{}, "c1")
	require.False(t, ok, "what cannot be read is not told")
	_, ok = counterEvent(store.Entry{Type: "printer.printed", Note: note}, &store.View{}, "c1")
	require.False(t, ok)
}
