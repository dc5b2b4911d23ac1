//! What steps cost when somebody last agreed to it: a file of text that is kept beside the tests.
//!
//! It has a paragraph for each compiler that is in use, since each writes other instructions: its name, then a line
//! for each step, gas and name with two spaces between.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::Error;

/// Steps with their gas, in order.
pub(crate) type Costs = Vec<(String, u64)>;

/// Costs by compiler.
#[derive(Default)]
pub(crate) struct Baselines(BTreeMap<String, Costs>);

impl Baselines {
    /// Reads a file. None is one without paragraphs.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(cause) => return Err(Error::file(path)(cause)),
        };
        let mut baselines = BTreeMap::new();
        let mut costs: Option<&mut Costs> = None;
        for (line, text) in (1..).zip(text.lines()) {
            let text = text.trim();
            costs = match costs {
                _ if text.is_empty() => None,
                None => Some(baselines.entry(text.to_owned()).or_default()),
                Some(costs) => {
                    let parts = text.split_once("  ").and_then(|(gas, name)| Some((gas.parse().ok()?, name.trim())));
                    let (gas, name) = parts.ok_or_else(|| Error::Baseline { path: path.to_owned(), line })?;
                    costs.push((name.to_owned(), gas));
                    Some(costs)
                }
            };
        }
        Ok(Self(baselines))
    }

    /// Costs of a compiler, or else of another one; whether they are its own.
    pub(crate) fn of(&self, compiler: &str) -> Option<(&Costs, bool)> {
        let own = self.0.get(compiler).map(|costs| (costs, true));
        own.or_else(|| self.0.values().next().map(|costs| (costs, false)))
    }

    /// Takes over what steps cost by a compiler, and writes the file.
    pub(crate) fn update(&mut self, compiler: &str, costs: &Costs, path: &Path) -> Result<(), Error> {
        self.0.insert(compiler.to_owned(), costs.clone());
        let paragraphs: Vec<String> = self.0.iter().map(|(compiler, costs)| paragraph(compiler, costs)).collect();
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(Error::file(directory))?;
        }
        fs::write(path, paragraphs.join("\n")).map_err(Error::file(path))
    }
}

fn paragraph(compiler: &str, costs: &Costs) -> String {
    let mut text = format!("{compiler}\n");
    for (name, gas) in costs {
        writeln!(text, "{gas:>12}  {name}").expect("a string takes all");
    }
    text
}
