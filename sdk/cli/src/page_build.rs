//! Builds the page that checks proof files in a browser: one file that needs nothing else.
//!
//! The crate in the directory is compiled to a module without imports, and put into its `page.html` with its style and
//! script. The page's policy names the hashes of both, so that a browser runs nothing else and asks no network.

use crate::contract_build::{Compiled, compile, write};
use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use countersign_types::hash::sha256;
use std::fs;
use std::path::{Path, PathBuf};
use wasmparser::{Parser, Payload};

/// The module's stack: the linker's default. Reading JSON nests some ten kilobytes deep, a trace's walk less.
const STACK_BYTES: u32 = 1 << 20;
/// Name of the page, in the directory of what is built from modules.
const FILE: &str = "verify.html";

/// What was built.
#[derive(Debug)]
pub struct Built {
    /// The page's file.
    pub path: PathBuf,
    /// Its size.
    pub bytes: usize,
    /// Size of the module in it.
    pub module_bytes: usize,
    /// SHA-256 of the page, in hexadecimal: the same sources and compiler give the same page.
    pub sha256: String,
}

/// Builds the page of the crate in `dir`. It goes to `out`, or to `<target directory>/contracts/verify.html`.
///
/// # Errors
///
/// If the crate does not compile, its module needs anything from outside, or its page has no place for a part.
pub fn build(dir: &Path, out: Option<&Path>) -> Result<Built> {
    let part = |name: &str| {
        let path = dir.join(name);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let (template, style, script) = (part("page.html")?, part("page.css")?, part("page.js")?);
    let Compiled { module, directory, .. } = compile(dir, STACK_BYTES, None)?;
    check(&module)?;
    let page = compose(&template, &style, &script, &module)?;
    let path = out.map_or_else(|| directory.join(FILE), Path::to_path_buf);
    write(&path, page.as_bytes())?;
    let sha256 = countersign_types::Hash(sha256(page.as_bytes())).to_string();
    Ok(Built { path, bytes: page.len(), module_bytes: module.len(), sha256 })
}

/// The page of these parts.
fn compose(template: &str, style: &str, script: &str, module: &[u8]) -> Result<String> {
    let hash = |text: &str| BASE64.encode(sha256(text.as_bytes()));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}' 'wasm-unsafe-eval'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(script),
        hash(style)
    );
    let module = BASE64.encode(module);
    let parts =
        [("{{POLICY}}", policy.as_str()), ("{{STYLE}}", style), ("{{MODULE}}", &module), ("{{SCRIPT}}", script)];
    let mut rest = template;
    let mut page = String::with_capacity(template.len() + style.len() + script.len() + module.len());
    for (place, part) in parts {
        let (before, after) =
            rest.split_once(place).with_context(|| format!("page.html has no {place} in its place"))?;
        page.push_str(before);
        page.push_str(part);
        rest = after;
    }
    page.push_str(rest);
    Ok(page)
}

/// A module that needs nothing from outside can do nothing but answer.
fn check(module: &[u8]) -> Result<()> {
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ImportSection(section) = payload.context("the compiler wrote a malformed module")? {
            ensure!(section.count() == 0, "the module imports functions, which the page does not give it");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::compose;

    const TEMPLATE: &str = "<{{POLICY}}|{{STYLE}}|{{MODULE}}|{{SCRIPT}}>";

    #[test]
    fn the_policy_names_style_and_script_by_their_hashes() {
        let page = compose(TEMPLATE, "a{}", "let b = `{{STYLE}}`;", b"\0asm").unwrap();
        let policy = "default-src 'none'; script-src 'sha256-fn+hYNCPBo2rSnuWCyI8MXQnkOR04Mvfz7PmvwhLlCI=' 'wasm-unsafe-eval'; \
                      style-src 'sha256-X1RutGBrXCt9KkSaXMK7tHftWiRscFHOhxsS8tv8hBk='; base-uri 'none'; form-action 'none'";
        assert_eq!(page, format!("<{policy}|a{{}}|AGFzbQ==|let b = `{{{{STYLE}}}}`;>"));
    }

    #[test]
    fn a_template_without_a_place_is_refused() {
        assert!(compose("<{{POLICY}}|{{STYLE}}|{{SCRIPT}}>", "", "", b"").is_err());
    }
}
