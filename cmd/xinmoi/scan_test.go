package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"xinmoi/assets/assetstest"
)

// TestACardUnderTheScanner is a scanner on a pty, the daemon, and the kiosk's page
// in a browser: a card offers priority, the same card is shown its number again,
// what is not understood is said, and a pulled scanner is no longer spoken of.
func TestACardUnderTheScanner(t *testing.T) {
	browser := assetstest.Start(t)
	h := openHall(t)
	scan := func(what string) {
		t.Helper()
		soon(t, "the scanner is read", func() bool {
			return h.status("/demo/scan", fmt.Sprintf(`{"what":%q}`, what)) == http.StatusNoContent
		})
	}
	kiosk := browser.Open(t, h.url+"/kiosk/k1", assetstest.Size{W: 1080, H: 1920})
	kiosk.WaitText("Có thể quét thẻ căn cước")
	scan("senior")
	kiosk.WaitText("Ông/bà thuộc diện ưu tiên: Người cao tuổi")
	kiosk.Shot("scan-age")
	kiosk.Tap(`[data-action="kiosk.scan.age_yes"]`)
	kiosk.WaitText("Lấy số ưu tiên: Người cao tuổi")
	number := takeNumber(kiosk, "ho-tich")
	require.Equal(t, 1, clerkSees(h, number))

	kiosk.Wait(`document.querySelector(".tiles") || document.querySelector('[data-action="done"]')`)
	scan("senior") // again, while the number is still shown: the page begins anew
	kiosk.WaitText("Ông/bà thuộc diện ưu tiên")
	kiosk.Tap(`[data-action="kiosk.scan.age_no"]`)
	kiosk.WaitText("Đã đọc thẻ. Mời ông/bà chạm vào việc cần làm.")
	time.Sleep(1600 * time.Millisecond) // no touch counts sooner
	require.Equal(t, number, takeNumber(kiosk, "ho-tich"))
	kiosk.WaitText("Ông/bà đang có số này")
	kiosk.Shot("scan-again")

	scan("dossier")
	kiosk.WaitText("Đã đọc mã hồ sơ")
	kiosk.Tap(`[data-action="kiosk.scan.dossier_yes"]`)
	kiosk.Wait(`document.querySelector("main.ticket .number")?.textContent.startsWith("7")`)
	scan("health")
	kiosk.WaitText("Đây là thẻ bảo hiểm y tế")
	scan("other")
	kiosk.WaitText("Máy không nhận ra mã này")
	kiosk.Tap(`[data-action="kiosk.close"]`)

	h.flip("scanner", false)
	kiosk.Wait(`!document.body.innerText.includes("quét thẻ")`)
	h.flip("scanner", true)
	kiosk.WaitText("Có thể quét thẻ căn cước")
	require.Empty(t, kiosk.Errors())
}
