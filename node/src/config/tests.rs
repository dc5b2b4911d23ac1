//! Files, flags and what becomes of them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Command {
    #[command(flatten)]
    flags: ConfigFlags,
}

fn flags(arguments: &[&str]) -> ConfigFlags {
    let arguments = std::iter::once("countersignd").chain(arguments.iter().copied());
    Command::try_parse_from(arguments).unwrap().flags
}

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("/etc/cs/countersign.toml"), &flags(&[]))
}

fn parse_error(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn an_empty_file_means_safe_defaults() {
    let config = parse("").unwrap();
    assert_eq!(config.data_dir, Path::new("/etc/cs/data"));
    assert_eq!(config.genesis, Path::new("/etc/cs/data/genesis.json"));
    assert_eq!(config.validator_key, Path::new("/etc/cs/data/validator.key"));
    assert_eq!(config.network_key, Path::new("/etc/cs/data/network.key"));
    assert_eq!(config.network.listen, ["0.0.0.0:26600".parse().unwrap()]);
    assert_eq!(config.rpc.listener.address, "127.0.0.1:8645".parse().unwrap());
    assert!(config.rpc.listener.hosts.is_empty());
    assert_eq!(config.log, LogSettings::default());
}

#[test]
fn how_a_node_begins_and_what_it_makes_for_others_is_set() {
    let config = parse("").unwrap();
    assert_eq!(config.sync, SyncSettings { mode: SyncMode::Blocks, snapshot_height_min: 1_000 });
    assert_eq!(config.snapshot_interval_blocks, 100_000);
    let config =
        parse("[sync]\nmode = \"snapshot\"\nsnapshot_height_min = 7\n[snapshot]\ninterval_blocks = 0").unwrap();
    assert_eq!(config.sync, SyncSettings { mode: SyncMode::Snapshot, snapshot_height_min: 7 });
    assert_eq!(config.snapshot_interval_blocks, 0);
    let error = parse_error("[snapshot]\ninterval_blocks = 3");
    assert!(error.contains("snapshot.interval_blocks: 3 is neither 0"), "{error}");
    assert!(parse_error("[sync]\nmode = \"fast\"").contains("mode"));
    let by_flag = Config::parse("", Path::new("a.toml"), &flags(&["--sync-mode", "snapshot"])).unwrap();
    assert_eq!(by_flag.sync.mode, SyncMode::Snapshot);
}

#[test]
fn the_file_is_read() {
    let key = "ab".repeat(32);
    let config = parse(&format!(
        r#"
        data_dir = "/var/lib/countersign"
        genesis = "genesis.json"
        [network]
        listen = ["0.0.0.0:1", "[::]:1"]
        advertise = ["validator-0:26600"]
        [network.peers]
        "{key}" = ["validator-1:26600", "10.0.0.1:1"]
        [rpc]
        listen = "0.0.0.0:8000"
        hosts = ["validator-0"]
        connections_max = 10
        body_bytes_max = 1000
        request_timeout_s = 30
        page = "verify.html"
        [log]
        level = "debug"
        format = "json"
        "#
    ))
    .unwrap();
    assert_eq!(config.data_dir, Path::new("/var/lib/countersign"));
    assert_eq!(config.genesis, Path::new("/etc/cs/genesis.json"));
    assert_eq!(config.network.peers.get(&PublicKey([0xab; 32])).unwrap().len(), 2);
    assert_eq!(config.rpc.listener.hosts, ["validator-0"]);
    assert_eq!(config.rpc.listener.connections_max, 10);
    assert_eq!(config.rpc.listener.connections_per_address_max, 10);
    assert_eq!(config.rpc.sockets.clients_max, 10);
    assert_eq!(config.rpc.sockets.message_bytes_max, 1_000);
    assert_eq!(config.rpc.listener.request_timeout, Duration::from_secs(30));
    assert_eq!(config.rpc.page.as_deref(), Some(Path::new("/etc/cs/verify.html")));
    assert_eq!(config.log.level.to_string(), "debug");
    assert_eq!(config.log.format, LogFormat::Json);
}

#[test]
fn flags_go_before_the_file() {
    let key = "cd".repeat(32);
    let peer = format!("0x{key}@validator-2:5");
    let second = format!("{key}@validator-2:6");
    let flags = flags(&[
        "--data-dir",
        "d",
        "--rpc-listen",
        "127.0.0.1:9",
        "--log-format",
        "json",
        "--log-level",
        "warn",
        "--peer",
        &peer,
        "--peer",
        &second,
        "--network-listen",
        "127.0.0.1:1,127.0.0.1:2",
        "--rpc-host",
        "a,b",
    ]);
    let text = format!(
        r#"
        data_dir = "/var/lib/countersign"
        [rpc]
        listen = "0.0.0.0:8000"
        hosts = ["c"]
        [network.peers]
        "{key}" = ["elsewhere:1"]
        "#
    );
    let config = Config::parse(&text, Path::new("/etc/cs/countersign.toml"), &flags).unwrap();
    // Relative to the working directory, not to the file.
    assert_eq!(config.data_dir, Path::new("d"));
    assert_eq!(config.genesis, Path::new("d/genesis.json"));
    assert_eq!(config.rpc.listener.address, "127.0.0.1:9".parse().unwrap());
    assert_eq!(config.rpc.listener.hosts, ["a", "b"]);
    assert_eq!(config.network.listen.len(), 2);
    let addresses = ["validator-2:5".parse().unwrap(), "validator-2:6".parse().unwrap()];
    assert_eq!(config.network.peers.get(&PublicKey([0xcd; 32])).unwrap(), &addresses);
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.log.level.to_string(), "warn");
}

#[test]
fn unknown_keys_are_named_with_the_nearest_known_one() {
    let error = parse_error("[rpc]\nlisten_on = \"127.0.0.1:1\"");
    assert_eq!(
        error,
        "configuration file /etc/cs/countersign.toml: unknown key `rpc.listen_on`; did you mean `rpc.listen`?"
    );
    assert!(parse_error("datadir = \"a\"").ends_with("unknown key `datadir`; did you mean `data_dir`?"));
    assert!(parse_error("[telemetry]\nurl = 1").ends_with("unknown key `telemetry`"));
}

#[test]
fn wrong_values_are_named() {
    for (text, part) in [
        ("data_dir = 3", "data_dir"),
        ("[rpc]\nlisten = \"localhost:1\"", "invalid socket address"),
        ("[rpc]\nconnections_max = 0", "rpc.connections_max: 0 is not from 1 to"),
        ("[rpc]\nconnections_max = 4\nconnections_per_address_max = 5", "5 is not from 1 to 4"),
        ("[rpc]\nrequest_timeout_s = 0", "rpc.request_timeout_s: 0"),
        ("[rpc]\nbody_bytes_max = 100000000000", "rpc.body_bytes_max"),
        ("[log]\nlevel = \"loud=yes\"", "log.level: `loud=yes` is not a log level"),
        ("[log]\nformat = \"xml\"", "format"),
        ("[network.peers]\nabc = [\"a:1\"]", "network.peers: `abc` is not a network key"),
        ("[network]\nadvertise = [\"nowhere\"]", "write host:port"),
        ("rpc = [", "line 1"),
    ] {
        let error = parse_error(text);
        assert!(error.contains(part) && error.contains("countersign.toml"), "{text:?}: {error}");
    }
    let key = "ab".repeat(32);
    let twice = format!("[network.peers]\n{key} = [\"a:1\"]\n0x{key} = [\"a:2\"]");
    assert!(parse_error(&twice).contains("stands twice"));
}

#[test]
fn a_named_file_must_exist_and_the_default_need_not() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("none.toml");
    let named = flags(&["--config", missing.to_str().unwrap()]);
    assert!(matches!(Config::load(&named), Err(ConfigError::File { .. })));
    let file = directory.path().join("a.toml");
    fs::write(&file, "genesis = \"g.json\"").unwrap();
    let config = Config::load(&flags(&["--config", file.to_str().unwrap()])).unwrap();
    assert_eq!(config.genesis, directory.path().join("g.json"));
    assert_eq!(config.file, Some(file));
    assert_eq!(Config::load(&flags(&[])).unwrap().file, None);
}

#[test]
fn wrong_flags_are_refused() {
    for arguments in [["--peer", "abc@a:1"], ["--peer", "a:1"], ["--log-level", "loud=yes"], ["--rpc-listen", "8000"]] {
        let arguments = std::iter::once("countersignd").chain(arguments);
        assert!(Command::try_parse_from(arguments).is_err());
    }
}
