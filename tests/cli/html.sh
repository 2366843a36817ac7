# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# html.sh - the page of rrio-inspect export --html in a browser: it says nothing on its console, draws, and zooms by
# keyboard. Needs chromium, which make test-html installs.

browser() { # ARGUMENTS...
	limited 120 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync \
		--disable-background-networking --disable-component-update --user-data-dir="$PWD/browser" \
		--enable-logging=stderr --window-size=1400,1100 --virtual-time-budget=20000 "$@"
}

# The page with a script behind it that presses keys and says, in the page's title, what it found.
with_test() { # PAGE
	sed '/<\/body>/,$d' "$1"
	cat <<-'END'
		<script>
		const seen = () => {
			const c = document.getElementById('timeline'), copy = Object.assign(document.createElement('canvas'), { width: c.width, height: c.height });
			const g = copy.getContext('2d', { willReadFrequently: true });
			g.drawImage(c, 0, 0);
			const data = g.getImageData(0, 0, c.width, c.height).data;
			let hash = 0, painted = 0;
			for (let i = 0; i < data.length; i += 4) {
				if (data[i + 3] && Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 60) painted++;
				hash = (hash * 31 + data[i] + 3 * data[i + 1] + 7 * data[i + 2]) | 0;
			}
			return { from: +c.dataset.from, to: +c.dataset.to, hash, painted };
		};
		const press = key => document.getElementById('timeline').dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
		const later = () => new Promise(done => setTimeout(done, 1000));
		(async () => {
			const found = {};
			await later(); found.whole = seen();
			press('+'); press('+'); await later(); found.zoomed = seen();
			press('ArrowRight'); await later(); found.moved = seen();
			press('0'); await later(); found.again = seen();
			document.getElementById('by-ns').click(); await later(); found.host = seen();
			const where = document.getElementById('hist').getBoundingClientRect();
			for (let x = where.left; x < where.right; x += 4)
				document.getElementById('hist').dispatchEvent(new PointerEvent('pointermove', { clientX: x, clientY: where.top + 200 }));
			document.title = JSON.stringify(found);
		})();
		</script>
		</body></html>
	END
}

check_page() { # RECORDING
	expect 0 "$B/rrio-inspect" export --html -o page.html "$1"
	! grep -E 'https?://|src="?[^u]' page.html || fail 'the page asks for something from outside'
	sed -nE 's|.*id="data">(.*)</script>.*|\1|p' page.html | jq .head.inputs >inputs
	[[ $(jq length inputs) -gt 0 && $(jq length inputs) -eq $("$B/rrio-inspect" info -o json "$1" | jq .inputs) ]] ||
		fail 'not all inputs are on the page'
	with_test page.html >tested.html
	browser --dump-dom "file://$PWD/tested.html" >dom 2>console || fail "no page: $(tail -n 1 console)"
	! grep CONSOLE console || fail "the page complains: $(grep -m 1 CONSOLE console)"
	sed -nE 's|.*<title>(\{.*\})</title>.*|\1|p' dom >found
	jq -es 'length == 1 and (.[0] |
		.whole.painted > 100 and .zoomed.to - .zoomed.from < (.whole.to - .whole.from) / 3 and .zoomed.hash != .whole.hash and
		.moved.from > .zoomed.from and .again.from == .whole.from and .again.hash == .whole.hash and .host.painted > 100)' \
		found >/dev/null || fail "the timeline is not drawn, or does not move: $(cat found)"
	mkdir -p "$B/test-html"
	browser --screenshot="$B/test-html/page.png" "file://$PWD/page.html" 2>console || fail "no picture: $(tail -n 1 console)"
	[[ -s $B/test-html/page.png ]] || fail 'the picture is empty'
}

test_page() {
	type -P chromium >/dev/null || skip 'chromium is not here; make test-html installs it'
	command_line bare pc virtio-blk qcow2 snapshot cache=writeback 1 shift=5,sleep=off
	RRIO_DIR=rec record "${args[@]}"
	check_page rec
}
