//! The page that checks proof files, in a real browser and from the disk: what it shows of a file that holds, of the same
//! file with one digit changed, and of one that is old. `make page` builds it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use countersign_tests::ports;
use countersign_tests::skip::skipped;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use thirtyfour::prelude::*;

/// How long the browser may take for what takes it milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser of its own, with its driver. Dropping it ends the driver, and the driver the browser.
struct Browser {
    driver: Child,
    port: u16,
    web: WebDriver,
    directory: tempfile::TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked to shut down, it ends its browser as well; killed, it leaves it behind.
        let asked = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
            .and_then(|mut stream| stream.write_all(b"GET /shutdown HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        if asked.is_err() {
            let _ = self.driver.kill();
        }
        let _ = self.driver.wait();
    }
}

fn program(names: &[&str]) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    let files = std::env::split_paths(&paths).flat_map(|directory| names.iter().map(move |name| directory.join(name)));
    files.into_iter().find(|path| path.is_file())
}

fn page() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let pages = own.ancestors().map(|directory| directory.join("contracts/verify.html"));
    pages.into_iter().find(|path| path.is_file()).expect("verify.html is not built; run `make page`")
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/proof").join(name).canonicalize().unwrap()
}

impl Browser {
    /// Opens the page; `None` where there is no browser.
    async fn open() -> Option<Self> {
        let (Some(chromium), Some(chromedriver)) =
            (program(&["chromium", "chromium-browser", "google-chrome"]), program(&["chromedriver"]))
        else {
            skipped("no Chromium with chromedriver; `make setup-tests` installs them");
            return None;
        };
        let directory = tempfile::tempdir().unwrap();
        let port = ports::free_row(1).unwrap();
        let driver = Command::new(chromedriver)
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut capabilities = DesiredCapabilities::chrome();
        capabilities.set_binary(chromium.to_str().unwrap()).unwrap();
        let profile = format!("--user-data-dir={}", directory.path().join("profile").display());
        for argument in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1200,1600",
            &profile,
        ] {
            capabilities.add_arg(argument).unwrap();
        }
        let url = format!("http://127.0.0.1:{port}");
        let begun = Instant::now();
        let web = loop {
            match WebDriver::new(&url, capabilities.clone()).await {
                Ok(web) => break web,
                Err(error) if begun.elapsed() > PATIENCE => panic!("no browser after {PATIENCE:?}: {error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        };
        let browser = Self { driver, port, web, directory };
        browser.web.goto(format!("file://{}", page().display())).await.unwrap();
        Some(browser)
    }

    /// Chooses a file as people do: with a click, which a script makes here since the driver cannot answer the dialogue,
    /// and then by its name.
    async fn give(&self, field: &str, file: &Path) {
        self.web
            .execute("document.getElementById(arguments[0]).click();", vec![serde_json::json!(field)])
            .await
            .unwrap();
        self.web.find(By::Id(field)).await.unwrap().send_keys(file.to_str().unwrap()).await.unwrap();
    }

    /// Sets the hours after which the page warns.
    async fn stale_after(&self, hours: &str) {
        let script = "const field = document.getElementById('stale'); field.value = arguments[0]; \
                      field.dispatchEvent(new Event('change'));";
        self.web.execute(script, vec![serde_json::json!(hours)]).await.unwrap();
    }

    /// The answer's text, once there is a verdict and another answer than before.
    async fn answer(&self, before: &str) -> String {
        let begun = Instant::now();
        loop {
            let answer = self.web.find(By::Id("answer")).await.unwrap();
            let busy = answer.attr("aria-busy").await.unwrap();
            let text = answer.text().await.unwrap();
            if busy.as_deref() == Some("false")
                && text != before
                && (text.contains("VERIFIED") || text.contains("REFUSED"))
            {
                return text;
            }
            assert!(begun.elapsed() < PATIENCE, "no verdict after {PATIENCE:?}: {text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A picture of the page for people, where one is wanted.
    async fn picture(&self, name: &str) {
        if let Some(directory) = std::env::var_os("COUNTERSIGN_PICTURES") {
            self.web.screenshot(&Path::new(&directory).join(name)).await.unwrap();
        }
    }

    /// A file with one digit after a text changed into another.
    fn changed(&self, file: &Path, after: &str) -> PathBuf {
        let text = std::fs::read_to_string(file).unwrap();
        let at = text.find(after).unwrap_or_else(|| panic!("no {after}")) + after.len();
        let digit = if text[at..].starts_with('0') { "1" } else { "0" };
        let path = self.directory.path().join("changed.proof.json");
        std::fs::write(&path, format!("{}{digit}{}", &text[..at], &text[at + 1..])).unwrap();
        path
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_what_holds_and_refuses_what_does_not() {
    let Some(browser) = Browser::open().await else { return };
    let trace = golden("trace.proof.json");
    browser.give("root", &golden("genesis.json")).await;
    browser.give("proof", &trace).await;
    let shown = browser.answer("").await;
    assert!(shown.starts_with("VERIFIED"), "{shown}");
    for word in
        ["What happened to urn:epc:id:sgtin:9521321.000001.s1", "commissioning", "packing", "receiving", "events: 3"]
    {
        assert!(shown.contains(word), "no {word} in: {shown}");
    }
    // The sample's block is of May 2026, and whoever runs this is later than that by more than a day.
    assert!(shown.contains("STALE: it tells how things stood"), "{shown}");
    for (width, name) in [(1200, "verified.png"), (420, "verified-narrow.png")] {
        browser.web.set_window_rect(0, 0, width, 1600).await.unwrap();
        let clipped = "return [...document.querySelectorAll('.scroll')].filter((box) => box.scrollWidth > box.clientWidth).length \
                       + (document.documentElement.scrollWidth > document.documentElement.clientWidth);";
        assert_eq!(browser.web.execute(clipped, vec![]).await.unwrap().json(), &serde_json::json!(0), "{width} pixels");
        browser.picture(name).await;
    }

    browser.stale_after("87600").await;
    let young = browser.answer(&shown).await;
    let mut before = young.clone();
    assert!(young.starts_with("VERIFIED") && !young.contains("STALE"), "{young}");

    for (after, link) in [
        ("\"value\": \"0x01", "The records"),
        ("\"digest\": \"0x", "The validators"),
        ("\"chain\": \"0x", "The network"),
    ] {
        browser.give("proof", &browser.changed(&trace, after)).await;
        let refused = browser.answer(&before).await;
        assert!(refused.starts_with(&format!("REFUSED\n{link}: ")), "{after}: {refused}");
        assert!(refused.contains(&format!("{link}: ✗ FAILS.")) && !refused.contains("commissioning"), "{refused}");
        before = refused;
        browser.picture(&format!("refused-{}.png", link.replace(' ', "-"))).await;
    }

    // The policy holds: no script but the page's own runs, and nothing is fetched, not even what needs no network.
    let fetched = browser
        .web
        .execute_async("const done = arguments[0]; fetch('data:text/plain,x').then(() => done('fetched'), (cause) => done(String(cause)));", vec![])
        .await
        .unwrap();
    assert!(fetched.json().as_str().unwrap().contains("Failed to fetch"), "{fetched:?}");
    let inline = "const script = document.createElement('script'); script.textContent = 'window.ran = true'; \
                  document.body.append(script); return window.ran === true;";
    assert_eq!(browser.web.execute(inline, vec![]).await.unwrap().json(), &serde_json::json!(false));
    browser.web.clone().quit().await.unwrap();
}
