//! Key files: their bytes, their mode, and what is refused.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use countersign_client::keyfile::{KeyFileError, create, generate, load};
use countersign_types::SecretKey;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_key_file_has_these_bytes_and_this_mode() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.key");
    let key = SecretKey::from_seed(&[0xa7; 32]);
    create(&path, &key).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("countersign account key\n{}\n", "a7".repeat(32)));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(load(&path).unwrap().public(), key.public());
}

#[test]
fn a_key_is_never_overwritten_and_no_two_are_alike() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.key");
    let (first, second) = (generate().unwrap(), generate().unwrap());
    assert_ne!(first.public(), second.public());
    create(&path, &first).unwrap();
    assert!(matches!(create(&path, &second), Err(KeyFileError::Exists(_))));
    assert_eq!(load(&path).unwrap().public(), first.public());
}

#[test]
fn what_others_can_read_is_refused_with_the_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.key");
    create(&path, &generate().unwrap()).unwrap();
    for mode in [0o640, 0o604, 0o620, 0o700, 0o666] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let error = load(&path).unwrap_err();
        assert!(matches!(error, KeyFileError::Mode { .. }), "{mode:o}: {error}");
        assert!(error.to_string().contains("chmod 600"));
    }
    for mode in [0o600, 0o400] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        assert!(load(&path).is_ok(), "{mode:o}");
    }
}

#[test]
fn what_is_no_account_key_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.key");
    let digits = "a7".repeat(32);
    for text in [
        String::new(),
        digits.clone(),
        format!("countersign validator key\n{digits}\n"),
        format!("countersign account key\n{}\n", "a7".repeat(31)),
        format!("countersign account key\n{}\n", "A7".repeat(32)),
        format!("countersign account key\n{digits}\n\n"),
        format!("countersign account key\n{digits}{}", " ".repeat(200)),
        "countersign account key\n\u{e9}".to_owned(),
    ] {
        fs::write(&path, &text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(load(&path), Err(KeyFileError::Malformed { .. })), "{text:?}");
    }
    assert!(matches!(load(directory.path()), Err(KeyFileError::Malformed { .. })));
    assert!(matches!(load(&directory.path().join("none")), Err(KeyFileError::Missing(_))));
}
