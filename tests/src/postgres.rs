//! PostgreSQL, as the reference for traces: the same events in tables with indexes, asked by recursive queries.
//!
//! A cluster of its own in a directory, reached by a socket in it, through `psql` in one session. What a program over such a
//! database would keep is kept: which things each event names in which role, which instances belong to which lot, and over
//! which span something was in which container. Amounts are left out, and what is made of a container is found only where
//! the thing was in it directly; both are less work than the node does.

use crate::chains::Mixed;
use anyhow::{Context as _, bail, ensure};
use countersign_epcis::Event;
use countersign_epcis::event::{Action, What};
use countersign_epcis::register::{lot_of, lots};
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Where Debian puts the server's programs that it does not put onto the path.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
/// As much as the node takes for its caches.
const SETTINGS: &str = "-c listen_addresses='' -c shared_buffers=256MB -c work_mem=64MB -c max_wal_size=4GB -c jit=off";

const TABLES: &str = "
CREATE UNLOGGED TABLE event(seq bigint NOT NULL, pos bigint NOT NULL, place text);
CREATE UNLOGGED TABLE named(id text NOT NULL, seq bigint NOT NULL, pos bigint NOT NULL, role smallint NOT NULL);
CREATE UNLOGGED TABLE lot_of(lot text NOT NULL, item text NOT NULL);
CREATE UNLOGGED TABLE stay(child text NOT NULL, parent text NOT NULL, began bigint NOT NULL, ended bigint NOT NULL);
";

const INDEXES: &str = "
ALTER TABLE event ADD PRIMARY KEY (seq);
CREATE INDEX ON named(id, role, pos) INCLUDE (seq);
CREATE INDEX ON named(seq, role) INCLUDE (id);
CREATE INDEX ON lot_of(lot) INCLUDE (item);
ANALYZE;
INSERT INTO stay
SELECT c.id, p.id, c.pos, coalesce(least(taken.pos, emptied.pos), 9223372036854775807)
FROM named c
JOIN named p ON p.seq = c.seq AND p.role = 4
LEFT JOIN LATERAL (SELECT min(o.pos) pos FROM named o JOIN named q ON q.seq = o.seq AND q.role = 5 AND q.id = p.id
                   WHERE o.id = c.id AND o.role = 3 AND o.pos > c.pos) taken ON true
LEFT JOIN LATERAL (SELECT min(e.pos) pos FROM named e WHERE e.id = p.id AND e.role = 6 AND e.pos > c.pos) emptied ON true
WHERE c.role = 2;
CREATE INDEX ON stay(child) INCLUDE (parent, began, ended);
CREATE INDEX ON stay(parent);
VACUUM ANALYZE;
";

const QUESTIONS: &str = "
PREPARE forward(text) AS
WITH RECURSIVE reach(id) AS (
  SELECT $1
  UNION
  SELECT n.id FROM reach r CROSS JOIN LATERAL (
    SELECT l.item id FROM lot_of l WHERE l.lot = r.id
    UNION ALL SELECT o.id FROM named i JOIN named o ON o.seq = i.seq AND o.role = 8 WHERE i.id = r.id AND i.role = 7
    UNION ALL SELECT o.id FROM stay s
      JOIN named i ON i.id = s.parent AND i.role = 7 AND i.pos >= s.began AND i.pos < s.ended
      JOIN named o ON o.seq = i.seq AND o.role = 8 WHERE s.child = r.id
  ) n)
SELECT id FROM reach WHERE id <> $1;
PREPARE back(text) AS
WITH RECURSIVE reach(id) AS (
  SELECT $1
  UNION
  SELECT i.id FROM reach r
  JOIN named o ON o.id = r.id AND o.role = 8
  JOIN named i ON i.seq = o.seq AND i.role = 7)
SELECT id FROM reach WHERE id <> $1;
PREPARE history(text) AS
WITH RECURSIVE up(parent, began, ended) AS (
  SELECT parent, began, ended FROM stay WHERE child = $1
  UNION
  SELECT s.parent, greatest(u.began, s.began), least(u.ended, s.ended)
  FROM up u JOIN stay s ON s.child = u.parent WHERE s.began < u.ended AND u.began < s.ended)
SELECT seq FROM (
  SELECT seq FROM named WHERE id = $1
  UNION SELECT n.seq FROM up u JOIN named n ON n.id = u.parent AND n.role NOT IN (4, 5, 6)
    AND n.pos >= u.began AND n.pos < u.ended
  UNION SELECT n.seq FROM up u JOIN named n ON n.id = u.parent AND n.role = 6 AND n.pos = u.ended) found
ORDER BY seq;
PREPARE recall(text) AS
WITH RECURSIVE reach(id) AS (
  SELECT $1
  UNION
  SELECT n.id FROM reach r CROSS JOIN LATERAL (
    SELECT l.item id FROM lot_of l WHERE l.lot = r.id
    UNION ALL SELECT o.id FROM named i JOIN named o ON o.seq = i.seq AND o.role = 8 WHERE i.id = r.id AND i.role = 7
    UNION ALL SELECT o.id FROM stay s
      JOIN named i ON i.id = s.parent AND i.role = 7 AND i.pos >= s.began AND i.pos < s.ended
      JOIN named o ON o.seq = i.seq AND o.role = 8 WHERE s.child = r.id
  ) n),
up(item, parent, began, ended) AS (
  SELECT r.id, s.parent, s.began, s.ended FROM reach r JOIN stay s ON s.child = r.id
  UNION
  SELECT u.item, s.parent, greatest(u.began, s.began), least(u.ended, s.ended)
  FROM up u JOIN stay s ON s.child = u.parent WHERE s.began < u.ended AND u.began < s.ended),
seen AS (
  SELECT r.id, n.pos, n.seq FROM reach r JOIN named n ON n.id = r.id
  UNION ALL SELECT u.item, n.pos, n.seq FROM up u JOIN named n ON n.id = u.parent AND n.role NOT IN (4, 5, 6)
    AND n.pos >= u.began AND n.pos < u.ended
  UNION ALL SELECT u.item, n.pos, n.seq FROM up u JOIN named n ON n.id = u.parent AND n.role = 6 AND n.pos = u.ended)
SELECT DISTINCT ON (s.id) s.id, e.place FROM seen s JOIN event e ON e.seq = s.seq WHERE e.place IS NOT NULL
ORDER BY s.id, s.pos DESC;
";

/// Roles of things in events.
mod role {
    pub const ITEM: u8 = 0;
    pub const ENTERS: u8 = 2;
    pub const LEAVES: u8 = 3;
    pub const FILLED: u8 = 4;
    pub const TAKEN_FROM: u8 = 5;
    pub const EMPTIED: u8 = 6;
    pub const INPUT: u8 = 7;
    pub const OUTPUT: u8 = 8;
    /// A container that is seen with what is in it.
    pub const SEEN: u8 = 9;
}

/// A server with one session.
#[derive(Debug)]
pub struct Postgres {
    directory: PathBuf,
    session: Option<Session>,
}

#[derive(Debug)]
struct Session {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Postgres {
    /// Makes a new cluster in a directory; `None` if PostgreSQL is not installed.
    ///
    /// # Errors
    /// If it is installed and does not start.
    pub fn create(directory: &Path) -> anyhow::Result<Option<Self>> {
        if program("initdb").is_none() || program("psql").is_none() {
            return Ok(None);
        }
        let directory = std::path::absolute(directory)?;
        std::fs::create_dir_all(&directory)?;
        // The server refuses to run for root.
        if is_root() {
            ensure!(Command::new("chown").arg("postgres").arg(&directory).status()?.success(), "no user `postgres`");
        }
        let server = Self { directory, session: None };
        server.run("initdb", &["-A", "trust", "-U", "postgres", "--no-locale", "-E", "UTF8", "-D", &server.data()])?;
        server.run(
            "pg_ctl",
            &["start", "-w", "-t", "120", "-D", &server.data(), "-l", &server.file("log"), "-o", &server.settings()],
        )?;
        let mut server = server;
        server.connect()?;
        Ok(Some(server))
    }

    /// Fills the tables.
    ///
    /// # Errors
    /// If it cannot be written or PostgreSQL refuses it.
    pub fn load(&mut self, mixed: &Mixed) -> anyhow::Result<()> {
        self.ask(TABLES)?;
        let names = ["event", "named", "lot_of"];
        let paths = names.map(|name| self.directory.join(format!("{name}.tsv")));
        {
            let [events, named, belongs] = paths.each_ref().map(|path| File::create(path).map(BufWriter::new));
            let (mut events, mut named, mut belongs) = (events?, named?, belongs?);
            for (sequence, event) in (0u64..).zip(mixed.events()) {
                rows(&mut events, &mut named, &mut belongs, sequence, &event)?;
            }
            for file in [&mut events, &mut named, &mut belongs] {
                file.flush()?;
            }
        }
        for (name, path) in names.iter().zip(&paths) {
            self.ask(&format!("COPY {name} FROM '{}';", path.display()))?;
            std::fs::remove_file(path)?;
        }
        self.ask(INDEXES)?;
        self.ask(QUESTIONS)?;
        Ok(())
    }

    /// Stops the server and starts it again; `meanwhile` is done while it does not run.
    ///
    /// # Errors
    /// If it does not.
    pub fn restart(&mut self, meanwhile: impl FnOnce()) -> anyhow::Result<()> {
        self.disconnect();
        self.run("pg_ctl", &["stop", "-w", "-m", "fast", "-D", &self.data()])?;
        meanwhile();
        self.run(
            "pg_ctl",
            &["start", "-w", "-t", "120", "-D", &self.data(), "-l", &self.file("log"), "-o", &self.settings()],
        )?;
        self.connect()?;
        self.ask(QUESTIONS)?;
        Ok(())
    }

    /// The lines that statements answer, columns separated by tabs.
    ///
    /// # Errors
    /// If the session has ended; what PostgreSQL refuses is in its log.
    pub fn ask(&mut self, sql: &str) -> anyhow::Result<Vec<String>> {
        const END: &str = "-- end --";
        let session = self.session.as_mut().context("no session")?;
        writeln!(session.input, "{sql}\n\\echo '{END}'")?;
        session.input.flush()?;
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if session.output.read_line(&mut line)? == 0 {
                bail!("PostgreSQL refused: see {}", self.file("log"));
            }
            match line.trim_end_matches('\n') {
                END => return Ok(lines),
                line => lines.push(line.to_owned()),
            }
        }
    }

    /// What one of the prepared questions answers about an identifier.
    ///
    /// # Errors
    /// As of [`Postgres::ask`].
    pub fn question(&mut self, name: &str, id: &str) -> anyhow::Result<Vec<String>> {
        self.ask(&format!("EXECUTE {name}('{}');", id.replace('\'', "''")))
    }

    fn connect(&mut self) -> anyhow::Result<()> {
        let psql = program("psql").context("psql is not installed")?;
        let mut child = Command::new(psql)
            .args([
                "-X",
                "-q",
                "-A",
                "-t",
                "-F",
                "\t",
                "-v",
                "ON_ERROR_STOP=1",
                "-U",
                "postgres",
                "-d",
                "postgres",
                "-h",
            ])
            .arg(&self.directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take().context("psql has an input")?;
        let output = BufReader::new(child.stdout.take().context("psql has an output")?);
        self.session = Some(Session { child, input, output });
        Ok(())
    }

    fn disconnect(&mut self) {
        if let Some(Session { mut child, input, .. }) = self.session.take() {
            drop(input);
            let _ = child.wait();
        }
    }

    fn run(&self, name: &str, arguments: &[&str]) -> anyhow::Result<()> {
        let path = program(name).with_context(|| format!("{name} is not installed"))?;
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        // Nothing is inherited, or whoever reads this program's output would wait for the server.
        let log = File::options().create(true).append(true).open(self.directory.join("commands"))?;
        let status = command
            .args(arguments)
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .status()?;
        ensure!(status.success(), "{name} failed: see {}", self.file("commands"));
        Ok(())
    }

    fn settings(&self) -> String {
        format!("{SETTINGS} -c unix_socket_directories='{}'", self.directory.display())
    }

    fn data(&self) -> String {
        self.file("data")
    }

    fn file(&self, name: &str) -> String {
        self.directory.join(name).display().to_string()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.disconnect();
        if let Err(cause) = self.run("pg_ctl", &["stop", "-m", "immediate", "-D", &self.data()]) {
            eprintln!("{cause}");
        }
    }
}

fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut places = std::env::split_paths(&path).chain([PathBuf::from(PROGRAMS)]);
    places.find_map(|place| Some(place.join(name)).filter(|program| program.is_file()))
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout == b"0\n")
}

/// Instant and sequence number in one number: 24 bits of the latter, and the former since 2026.
fn position(event: &Event, sequence: u64) -> i64 {
    const SINCE_MS: i64 = 1_767_225_600_000;
    ((event.time.ms() - SINCE_MS) << 24) + i64::try_from(sequence).unwrap_or(0)
}

/// Writes the rows of one event.
fn rows(
    events: &mut impl Write,
    named: &mut impl Write,
    belongs: &mut impl Write,
    sequence: u64,
    event: &Event,
) -> anyhow::Result<()> {
    let at = position(event, sequence);
    let place = event.location.as_ref().or(event.read_point.as_ref());
    writeln!(events, "{sequence}\t{at}\t{}", place.map_or("\\N", |place| place.id.canonical()))?;
    let (first, second) = event.what.items();
    let (item, parent) = match &event.what {
        What::Object { .. } | What::Transaction { .. } => (role::ITEM, role::SEEN),
        What::Transformation { .. } => (role::INPUT, role::SEEN),
        What::Aggregation { action, children, .. } | What::Association { action, children, .. } => match action {
            Action::Add => (role::ENTERS, role::FILLED),
            Action::Observe => (role::ITEM, role::SEEN),
            Action::Delete if children.is_empty() => (role::LEAVES, role::EMPTIED),
            Action::Delete => (role::LEAVES, role::TAKEN_FROM),
        },
    };
    let parents = event.what.parent().into_iter().map(|id| (id, parent));
    let firsts = first.identifiers().map(|id| (id, item));
    let seconds = second.into_iter().flat_map(|items| items.identifiers()).map(|id| (id, role::OUTPUT));
    for (id, role) in parents.chain(firsts).chain(seconds) {
        writeln!(named, "{}\t{sequence}\t{at}\t{role}", id.canonical())?;
    }
    for (epc, lot) in lots(event) {
        if let Some(gtin) = epc.gtin() {
            writeln!(belongs, "{}\t{}", lot_of(gtin, &lot), epc.canonical())?;
        }
    }
    Ok(())
}
