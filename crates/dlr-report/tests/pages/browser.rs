//! The page in a real browser: no console message, no request, every figure visible, at two widths and as PDF.
//!
//! Skipped loudly where no Chromium is installed. The page and the screenshots stay in the target folder to be looked at.

use crate::made_up::{STUDY, made_up};
use base64::{Engine, engine::general_purpose::STANDARD};
use dlr_report::data::CamVolumes;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

fn browser() -> Option<&'static str> {
    let runs = |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success());
    BROWSERS.into_iter().find(runs)
}

/// A new profile per call, so that nothing of an earlier run is seen.
fn run(browser: &str, profile: &Path, extra: &[String]) -> Output {
    Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        // The browser has errands of its own: no name resolves, so that nothing at all leaves the machine.
        .arg("--host-resolver-rules=MAP * ~NOTFOUND")
        .args(["--enable-logging=stderr", "--v=0", "--hide-scrollbars", "--virtual-time-budget=1000"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(extra)
        .output()
        .expect("a browser that printed its version runs")
}

/// What a page did: console lines and requests that it started.
struct Visit {
    console: Vec<String>,
    requests: Vec<String>,
    /// The page after its scripts, where it was asked for.
    dom: String,
}

fn visit(browser: &str, folder: &Path, page: &Path, name: &str, extra: &[String]) -> Visit {
    let profile = folder.join(format!("profile-{name}-{}", std::process::id()));
    let net = folder.join(format!("net-{name}.json"));
    let mut arguments = vec![format!("--log-net-log={}", net.display())];
    arguments.extend_from_slice(extra);
    arguments.push(format!("file://{}", page.display()));
    let output = run(browser, &profile, &arguments);
    let log = String::from_utf8_lossy(&output.stderr);
    let console = log.lines().filter(|l| l.contains(":CONSOLE")).map(String::from).collect();
    let requests = requests(&std::fs::read_to_string(&net).expect("the browser wrote a net log"));
    let _ = std::fs::remove_dir_all(&profile);
    Visit { console, requests, dom: String::from_utf8_lossy(&output.stdout).into_owned() }
}

/// Requests in a Chromium net log that a page started; those of the browser itself have no origin.
fn requests(log: &str) -> Vec<String> {
    let is_of_page = |l: &&str| l.contains("\"initiator\":") && !l.contains("\"initiator\":\"not an origin\"");
    log.lines().filter(is_of_page).map(String::from).collect()
}

#[test]
fn opens_without_errors_and_without_requests() {
    let Some(browser) = browser() else {
        eprintln!("SKIPPED: no Chromium in PATH, the page was not opened in a browser");
        return;
    };
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("report");
    std::fs::create_dir_all(folder.join("figures")).unwrap();

    // A page that does what ours must not: if this is not seen, the test sees nothing.
    let control = folder.join("control.html");
    std::fs::write(&control, "<img src='http://control.invalid/x.png'><script>console.error('seen')</script>").unwrap();
    let seen = visit(browser, &folder, &control, "control", &["--dump-dom".into()]);
    assert!(seen.requests.iter().any(|r| r.contains("control.invalid")), "the control request was not seen");
    assert!(seen.console.iter().any(|l| l.contains("seen")), "the control message was not seen");

    let rendered = dlr_report::render(&made_up(STUDY)).unwrap();
    let page = folder.join("report.html");
    std::fs::write(&page, &rendered.html).unwrap();
    for figure in &rendered.figures {
        std::fs::write(folder.join(format!("figures/{}.svg", figure.name)), &figure.svg).unwrap();
        std::fs::write(folder.join(format!("figures/{}.csv", figure.name)), &figure.csv).unwrap();
    }
    for (name, width) in [("desktop", 1280), ("narrow", 420)] {
        let shot = folder.join(format!("{name}.png"));
        let _ = std::fs::remove_file(&shot);
        let size = [format!("--window-size={width},2400"), format!("--screenshot={}", shot.display())];
        let seen = visit(browser, &folder, &page, name, &size);
        assert!(seen.console.is_empty(), "{name}: {:?}", seen.console);
        assert!(seen.requests.is_empty(), "{name}: {:?}", seen.requests);
        assert!(shot.exists(), "{name}: no screenshot");
    }
    let pdf = folder.join("report.pdf");
    let _ = std::fs::remove_file(&pdf);
    visit(
        browser,
        &folder,
        &page,
        "print",
        &[format!("--print-to-pdf={}", pdf.display()), "--no-pdf-header-footer".into()],
    );
    assert!(std::fs::metadata(&pdf).is_ok_and(|m| m.len() > 50_000), "the page does not print");
}

/// Two by two by two voxels of 32 bit floats as NIfTI-1, not packed: enough for a viewer.
fn nifti(values: [f32; 8]) -> Vec<u8> {
    let mut file = vec![0u8; 352];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &348i32.to_le_bytes());
    [3i16, 2, 2, 2, 1, 1, 1, 1].iter().enumerate().for_each(|(i, n)| put(40 + 2 * i, &n.to_le_bytes()));
    put(70, &16i16.to_le_bytes());
    put(72, &32i16.to_le_bytes());
    (0..8).for_each(|i| put(76 + 4 * i, &1.0f32.to_le_bytes()));
    put(108, &352.0f32.to_le_bytes());
    put(254, &1i16.to_le_bytes());
    (0..3).for_each(|i| put(280 + 16 * i + 4 * i, &1.0f32.to_le_bytes()));
    put(344, b"n+1\0");
    values.iter().for_each(|v| file.extend(v.to_le_bytes()));
    file
}

#[test]
fn the_viewer_starts_from_the_file_alone_and_is_off_by_default() {
    let mut report = made_up(STUDY);
    assert!(!dlr_report::render(&report).unwrap().html.contains("<script"));
    let Some(browser) = browser() else {
        eprintln!("SKIPPED: no Chromium in PATH, the viewer was not opened in a browser");
        return;
    };
    let packed = |values| STANDARD.encode(nifti(values));
    let case = &mut report.cam.as_mut().expect("the study has maps").cases[0];
    case.volumes = Some(CamVolumes {
        image: packed([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]),
        roi: packed([0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 0.0, 0.0]),
        map: packed([0.0, 0.0, 0.0, 0.5, 1.0, 0.0, 0.0, 0.0]),
    });
    let name = case.case.clone();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("report");
    std::fs::create_dir_all(&folder).unwrap();
    let page = folder.join("viewer.html");
    std::fs::write(&page, dlr_report::render(&report).unwrap().html).unwrap();
    let soft = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--virtual-time-budget=20000"];
    let soft: Vec<String> = soft.map(String::from).into();
    let visit = visit(browser, &folder, &page, "viewer", &[&soft[..], &["--dump-dom".into()]].concat());
    let errors: Vec<_> = visit.console.iter().filter(|line| !line.contains("GL Driver Message")).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let outside =
        visit.requests.iter().find(|r| !r.contains("file://") && !r.contains("blob:") && !r.contains("data:"));
    assert_eq!(outside, None);
    assert!(visit.dom.contains(&format!("{name}, 3 layers.")), "the viewer says that it shows three layers");
}
