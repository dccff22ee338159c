//! The clients in other languages, and a node that they talk to.

use std::{
    env,
    fs::OpenOptions,
    io::{BufReader, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
    time::Duration,
};

use aemp::{Node, Port};
use serde::{Deserialize, Serialize};
use tempfile::tempdir;

const SECRET: &str = "of a test with other languages";
/// The certificate that nodes of the original would share.
const CERTIFICATE: &str = include_str!("../src/net/tls/shared.pem");

/// The example `adder`, which was built with the tests.
struct Adder {
    process: Child,
    lines: BufReader<ChildStdout>,
    port: String,
}

impl Adder {
    fn start(settings: &[(&str, &str)]) -> Self {
        let path = env::current_exe().unwrap().parent().unwrap().join("../examples/adder");
        assert!(path.exists(), "build it first: cargo build -p aemp --examples");
        let mut command = Command::new(path);
        command.env("AEMP_SECRET", SECRET).envs(settings.iter().copied()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        let port = line(&mut lines);
        Self { process, lines, port }
    }

    /// What it says at its end.
    fn last_line(mut self) -> String {
        assert!(self.process.wait().unwrap().success());
        line(&mut self.lines)
    }
}

impl Drop for Adder {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the example `adder` hears and says.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Talk {
    Add(i64, i64, Port<Self>),
    Watch(Port<Self>),
    Sum(i64),
    #[serde(skip)]
    WatchNow(Port<Self>),
    #[serde(skip)]
    Gone,
}

/// A client that hears nothing for many heartbeats of the node lives on if it answers what the node asks of it.
fn has_nothing_to_do_for_long(mut client: Command) {
    let node = Node::builder().name("adder").heartbeat(Duration::from_millis(400)).legacy_bind("127.0.0.1:0");
    let node = node.secret(SECRET).start().unwrap();
    let adder = node.port(|cx, message: Talk| match message {
        Talk::Add(one, other, to) => cx.send(&to, Talk::Sum(one + other)),
        Talk::Watch(port) => drop(cx.after(Duration::from_secs(3), Talk::WatchNow(port))),
        Talk::WatchNow(port) => cx.monitor(&port, |_| Talk::Gone).forever(),
        Talk::Gone => cx.stop(),
        Talk::Sum(_) => {}
    });
    let output = client.args([adder.to_string()]).env("AEMP_SECRET", SECRET).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("the adder watches our port"), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success());
}

fn line(lines: &mut impl std::io::BufRead) -> String {
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

fn client(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/clients").join(name)
}

/// False, with a word about it, where the language or its modules are not there.
fn is_there(what: &str, test: &mut Command) -> bool {
    let there = test.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    if !there {
        eprintln!("SKIPPED: {what} is not installed, so its client was not tried");
    }
    there
}

fn has_python() -> bool {
    is_there("python3", Command::new("python3").args(["-c", "import hashlib; hashlib.sha3_512"]))
}

fn python(adder: &Adder, settings: &[(&str, &str)]) -> Output {
    let mut command = Command::new("python3");
    command.arg(client("client.py")).arg(&adder.port).env("AEMP_SECRET", SECRET).envs(settings.iter().copied());
    command.output().unwrap()
}

/// A call, a call back, and either watches the other.
#[track_caller]
fn has_done_everything(adder: Adder, client: &Output, how: &str) {
    let node = adder.port.split('#').next().unwrap();
    let expected = format!(
        "connected to {node}, {how}\nthe sum is 5\nthe adder watches our port\nthe adder died: error: its client is gone\n"
    );
    assert_eq!(sorted(&client.stdout), sorted(expected.as_bytes()), "{}", String::from_utf8_lossy(&client.stderr));
    assert!(client.status.success());
    let told = adder.last_line();
    assert!(told.starts_with("client/") && told.ends_with("#sums died: done: the client knows enough"), "{told}");
}

/// Nobody promises whether the sum comes before the watch.
fn sorted(text: &[u8]) -> Vec<String> {
    let mut lines: Vec<_> = String::from_utf8_lossy(text).lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn a_client_in_python_calls_and_is_called_watches_and_is_watched() {
    if has_python() {
        let adder = Adder::start(&[]);
        let output = python(&adder, &[]);
        has_done_everything(adder, &output, "in the clear");
    }
}

/// OpenSSL does the other side's TLS, as it does for Perl. Which side is the client, the nonces say.
#[test]
fn a_client_in_python_does_the_same_inside_tls() {
    if has_python() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("shared.pem");
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap();
        file.write_all(CERTIFICATE.as_bytes()).unwrap();
        let settings = [("AEMP_LEGACY_CERTIFICATE", path.to_str().unwrap())];
        let adder = Adder::start(&settings);
        let output = python(&adder, &settings);
        has_done_everything(adder, &output, "inside TLS");
    }
}

#[test]
fn a_client_in_python_answers_while_it_has_nothing_to_do() {
    if has_python() {
        let mut command = Command::new("python3");
        command.arg(client("client.py"));
        has_nothing_to_do_for_long(command);
    }
}

#[test]
fn a_client_with_another_secret_is_refused() {
    if has_python() {
        let adder = Adder::start(&[]);
        let output = python(&adder, &[("AEMP_SECRET", "another one")]);
        assert!(!output.status.success() && output.stdout.is_empty());
    }
}

fn has_perl() -> bool {
    let modules = ["-MAnyEvent", "-MCBOR::XS", "-MJSON::XS", "-MDigest::SHA3", "-e1"];
    is_there("perl with AnyEvent, CBOR::XS, JSON::XS and Digest::SHA3", Command::new("perl").args(modules))
}

#[test]
fn a_client_in_perl_answers_while_it_has_nothing_to_do() {
    if has_perl() {
        let mut command = Command::new("perl");
        command.arg(client("client.pl"));
        has_nothing_to_do_for_long(command);
    }
}

#[test]
fn clients_say_what_is_wrong() {
    let languages = [("python3", "client.py", has_python()), ("perl", "client.pl", has_perl())];
    for (language, script, _) in languages.into_iter().filter(|(_, _, is_there)| *is_there) {
        let adder = Adder::start(&[]);
        for (arguments, text) in [
            (&[][..], "give a port ID"),
            (&["nonsense"], "nonsense says no address"),
            (&[&adder.port], "it closed the connection"),
        ] {
            let mut command = Command::new(language);
            let output =
                command.arg(client(script)).args(arguments).env("AEMP_SECRET", "another one").output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(said.contains(text), "{script} {arguments:?}: {said}");
            assert!(!output.status.success());
        }
    }
}

#[test]
fn a_client_in_perl_does_the_same_in_cbor_and_json() {
    if has_perl() {
        for framing in ["cbor", "json"] {
            let adder = Adder::start(&[]);
            let mut command = Command::new("perl");
            command.arg(client("client.pl")).args([&adder.port, framing]).env("AEMP_SECRET", SECRET);
            let output = command.output().unwrap();
            has_done_everything(adder, &output, &format!("in {framing}"));
        }
    }
}
