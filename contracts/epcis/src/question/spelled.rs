//! How arguments are spelled: numbers and words by their `Display`, instants as ISO 8601 in UTC.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use core::str::FromStr;

use super::{Arguments, Unasked};
use crate::time::{Time, utc};

/// Arguments being written.
#[derive(Default)]
pub(super) struct Spelled(pub(super) Arguments);

impl Spelled {
    pub(super) fn put(&mut self, name: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.to_string());
        }
    }

    pub(super) fn put_time(&mut self, name: &str, value: Option<i64>) {
        self.put(name, value.map(utc));
    }
}

/// Arguments being read.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) word: &'a str,
    pub(super) arguments: &'a Arguments,
}

impl Given<'_> {
    pub(super) fn text(self, name: &str) -> Option<String> {
        self.arguments.get(name).cloned()
    }

    pub(super) fn needed(self, name: &str) -> Result<String, Unasked> {
        self.text(name).ok_or_else(|| Unasked::argument(self.word, name))
    }

    pub(super) fn value<T: FromStr>(self, name: &str) -> Result<Option<T>, Unasked> {
        let value = self.text(name).map(|text| text.parse());
        value.transpose().map_err(|_| Unasked::argument(self.word, name))
    }

    pub(super) fn optional_time(self, name: &str) -> Result<Option<i64>, Unasked> {
        Ok(self.value::<Time>(name)?.map(|time| time.ms()))
    }

    pub(super) fn time(self, name: &str) -> Result<i64, Unasked> {
        self.optional_time(name)?.ok_or_else(|| Unasked::argument(self.word, name))
    }
}
