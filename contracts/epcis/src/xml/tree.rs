//! Tree: well-formed XML 1.0 with namespaces, bounded, with the position of every element.
//!
//! Document types and entities of their own are refused: what a text says depends on that text alone, and no few bytes
//! become many.

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{NamespaceError, PrefixDeclaration, QName, ResolveResult};
use quick_xml::{NsReader, XmlVersion};

use super::names::INSTANCE;
use super::place::Marks;
use crate::limits::XML_NAMESPACES_MAX;
use crate::limits::{
    DOCUMENT_BYTES_MAX, XML_ATTRIBUTES_MAX, XML_DEPTH_MAX, XML_ELEMENT_BYTES_MIN, XML_NAME_BYTES_MAX,
    XML_TEXT_BYTES_MAX,
};
use crate::rule::{Position, Rule, Violation, fault};

/// A document: its root, and where its elements stand.
pub(super) struct Tree {
    pub(super) root: Element,
    pub(super) marks: Marks,
}

/// An element.
pub(super) struct Element {
    pub(super) mark: u32,
    pub(super) name: Name,
    /// Prefixes that it declares, with their namespaces; the default namespace has the empty prefix.
    pub(super) declared: Vec<(String, String)>,
    pub(super) attributes: Vec<Attribute>,
    /// The value of `xsi:type`; other instructions to validators are left out.
    pub(super) kind: Option<String>,
    pub(super) children: Vec<Element>,
    /// All text that stands directly in it.
    pub(super) text: String,
}

/// An attribute that is no declaration and no instruction to a validator.
pub(super) struct Attribute {
    pub(super) mark: u32,
    pub(super) name: Name,
    pub(super) value: String,
}

/// A name as it is written, with the namespace that it stands in.
pub(super) struct Name {
    pub(super) written: Arc<str>,
    pub(super) namespace: Option<Arc<str>>,
}

impl Name {
    /// What follows the prefix.
    pub(super) fn local(&self) -> &str {
        self.written.split_once(':').map_or(&*self.written, |(_, local)| local)
    }

    /// The prefix, empty if there is none.
    pub(super) fn prefix(&self) -> &str {
        self.written.split_once(':').map_or("", |(prefix, _)| prefix)
    }
}

/// What a longer document has before a byte of this one, which is made of its beginning and a part of it.
#[derive(Clone, Debug)]
pub(crate) struct Before {
    /// The byte at which the part begins.
    pub(crate) at: usize,
    /// Its position in the longer document.
    pub(crate) position: Position,
    /// How many elements are open there.
    pub(crate) depth: usize,
    /// The names of elements that the innermost of them has before, and how many of each.
    pub(crate) siblings: Vec<(String, u32)>,
}

/// Reads a document.
pub(super) fn read(bytes: &[u8], before: Option<Before>) -> Result<Tree, Violation> {
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(fault(Rule::DocumentSize, format!("{} bytes, at most {DOCUMENT_BYTES_MAX}", bytes.len())));
    }
    let text = core::str::from_utf8(bytes)
        .map_err(|error| fault(Rule::XmlSyntax, format!("not UTF-8 at byte {}", error.valid_up_to())))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = Builder::new(text, before);
    if let Some((at, found)) = text.char_indices().find(|(_, found)| !is_legal(*found)) {
        builder.move_to(at);
        return Err(builder.fault(Rule::XmlSyntax, format!("the character {found:?} cannot stand in XML")));
    }
    let mut reader = NsReader::from_str(text);
    reader.resolver_mut().set_max_namespace_bindings(XML_NAMESPACES_MAX);
    loop {
        builder.move_to(offset(reader.buffer_position()));
        match reader.read_event() {
            Ok(Event::Eof) => return builder.finish(),
            Ok(event) => builder.take(&event, &reader)?,
            Err(error) => {
                builder.move_to(offset(reader.error_position()));
                return Err(builder.fault(rule_of(&error), error.to_string()));
            }
        }
    }
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

fn rule_of(error: &quick_xml::Error) -> Rule {
    match error {
        quick_xml::Error::Namespace(NamespaceError::TooManyBindings(_) | NamespaceError::TooDeeplyNested(_)) => {
            Rule::XmlBounds
        }
        quick_xml::Error::Namespace(_) => Rule::XmlNamespace,
        _ => Rule::XmlSyntax,
    }
}

/// XML 1.0 §2.2.
fn is_legal(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// XML 1.0 §2.3, with one prefix at most.
fn is_name(name: &str) -> bool {
    let part = |part: &str| {
        part.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && part.chars().all(|each| each.is_alphanumeric() || matches!(each, '_' | '-' | '.' | '·'))
    };
    let mut parts = name.split(':');
    parts.by_ref().take(2).all(part) && parts.next().is_none()
}

/// An element that is open, with its children by name: how many, and the first.
struct Open {
    element: Element,
    names: BTreeMap<Arc<str>, (u32, u32)>,
}

struct Builder<'a> {
    text: &'a str,
    /// The byte that `position` is the position of.
    at: usize,
    position: Position,
    marks: Marks,
    /// Each name and namespace once.
    interned: BTreeSet<Arc<str>>,
    open: Vec<Open>,
    elements: usize,
    root: Option<Element>,
    /// Whether anything but the declaration came before.
    begun: bool,
    before: Option<Before>,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, before: Option<Before>) -> Self {
        Self {
            text,
            at: 0,
            position: Position { line: 1, column: 1 },
            marks: Marks::default(),
            interned: BTreeSet::new(),
            open: Vec::new(),
            elements: 0,
            root: None,
            begun: false,
            before,
        }
    }

    /// Goes on to the position of byte `at`, never back.
    fn move_to(&mut self, at: usize) {
        if let Some(before) = self.before.as_ref().filter(|before| self.at <= before.at && before.at <= at) {
            (self.at, self.position) = (before.at, before.position);
        }
        for character in self.text.get(self.at..at).unwrap_or_default().chars() {
            if character == '\n' {
                self.position = Position { line: self.position.line.saturating_add(1), column: 1 };
            } else {
                self.position.column = self.position.column.saturating_add(1);
            }
        }
        self.at = self.at.max(at);
    }

    /// A fault at the present position, in the innermost open element.
    fn fault(&self, rule: Rule, reason: String) -> Violation {
        let path = self.open.last().map_or_else(|| "/".to_owned(), |open| self.marks.path(open.element.mark));
        Violation { path, position: Some(self.position), ..fault(rule, reason) }
    }

    fn take(&mut self, event: &Event<'_>, reader: &NsReader<&[u8]>) -> Result<(), Violation> {
        match event {
            Event::Start(start) => self.start(start, reader)?,
            Event::Empty(start) => {
                self.start(start, reader)?;
                self.end();
            }
            Event::End(_) => self.end(),
            Event::Text(text) => self.characters(&text.xml10_content())?,
            Event::CData(text) => self.characters(&text.xml10_content())?,
            Event::GeneralRef(reference) => self.reference(reference)?,
            Event::Decl(declaration) => {
                if self.begun {
                    return Err(
                        self.fault(Rule::XmlSyntax, "an XML declaration that is not at the beginning".to_owned())
                    );
                }
                match declaration.encoding() {
                    None => {}
                    Some(Ok(name)) if ["utf-8", "us-ascii"].contains(&name.to_ascii_lowercase().as_str()) => {}
                    Some(_) => return Err(self.fault(Rule::XmlSyntax, "an encoding other than UTF-8".to_owned())),
                }
            }
            Event::DocType(declaration) => {
                if !is_name(declaration.trim()) {
                    let reason = "a document type declaration that does more than name the root".to_owned();
                    return Err(self.fault(Rule::XmlDoctype, reason));
                }
            }
            Event::PI(_) | Event::Comment(_) | Event::Eof => {}
        }
        self.begun = true;
        Ok(())
    }

    fn start(&mut self, start: &BytesStart<'_>, reader: &NsReader<&[u8]>) -> Result<(), Violation> {
        if self.root.is_some() {
            return Err(self.fault(Rule::XmlSyntax, "a second root element".to_owned()));
        }
        if self.open.len() >= XML_DEPTH_MAX {
            return Err(self.fault(Rule::XmlBounds, format!("elements nested more than {XML_DEPTH_MAX} deep")));
        }
        self.elements += 1;
        if self.elements > 1_000 + self.text.len() / XML_ELEMENT_BYTES_MIN {
            let reason = format!("more elements than one for each {XML_ELEMENT_BYTES_MIN} bytes of the document");
            return Err(self.fault(Rule::XmlBounds, reason));
        }
        let (resolved, _) = reader.resolver().resolve_element(start.name());
        let name = self.name(start.name(), &resolved)?;
        let position = self.position;
        let mark = self.marks.add(self.open.last().map(|open| open.element.mark), Arc::clone(&name.written), position);
        if let Some(parent) = self.open.last_mut() {
            let (count, first) = parent.names.entry(Arc::clone(&name.written)).or_insert((0, mark));
            *count += 1;
            if *count > 1 {
                self.marks.number(*first, 1);
                self.marks.number(mark, *count);
            }
        }
        let (declared, attributes, kind) = (Vec::new(), Vec::new(), None);
        let element = Element { mark, name, declared, attributes, kind, children: Vec::new(), text: String::new() };
        let siblings = self.siblings(self.open.len() + 1);
        self.open.push(Open { element, names: siblings });
        for (count, attribute) in start.attributes().enumerate() {
            if count >= XML_ATTRIBUTES_MAX {
                return Err(self.fault(Rule::XmlBounds, format!("more than {XML_ATTRIBUTES_MAX} attributes")));
            }
            let attribute = attribute.map_err(|error| self.fault(Rule::XmlSyntax, error.to_string()))?;
            if attribute.value.contains('<') {
                return Err(self.fault(Rule::XmlSyntax, "'<' in the value of an attribute".to_owned()));
            }
            let value = attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|error| match &error {
                quick_xml::Error::Escape(quick_xml::escape::EscapeError::UnrecognizedEntity(_, name)) => {
                    self.entity(name)
                }
                _ => self.fault(Rule::XmlSyntax, error.to_string()),
            })?;
            self.attribute(mark, attribute.key, value.into_owned(), reader)?;
        }
        Ok(())
    }

    /// What an element that is open so deep has before this text. Where the first of a name stands is not known any more.
    fn siblings(&mut self, depth: usize) -> BTreeMap<Arc<str>, (u32, u32)> {
        let Some(before) = self.before.as_mut().filter(|before| before.depth == depth) else { return BTreeMap::new() };
        let names = core::mem::take(&mut before.siblings);
        names.into_iter().map(|(name, count)| (Arc::from(name), (count, u32::MAX))).collect()
    }

    fn attribute(
        &mut self,
        parent: u32,
        key: QName<'_>,
        value: String,
        reader: &NsReader<&[u8]>,
    ) -> Result<(), Violation> {
        self.bounded(value.len())?;
        if let Some(illegal) = value.chars().find(|character| !is_legal(*character)) {
            return Err(self.fault(Rule::XmlSyntax, format!("the character {illegal:?} cannot stand in XML")));
        }
        let declared = match key.as_namespace_binding() {
            Some(PrefixDeclaration::Default) => Some(String::new()),
            Some(PrefixDeclaration::Named(prefix)) => Some(prefix.to_owned()),
            None => None,
        };
        let (resolved, _) = reader.resolver().resolve_attribute(key);
        let name = if declared.is_some() { None } else { Some(self.name(key, &resolved)?) };
        let mark = name.as_ref().map(|name| {
            let shown = Arc::from(format!("@{}", name.written));
            self.marks.add(Some(parent), shown, self.position)
        });
        let Some(Open { element, .. }) = self.open.last_mut() else { return Ok(()) };
        match (declared, name, mark) {
            (Some(prefix), ..) => element.declared.push((prefix, value)),
            (None, Some(name), Some(mark)) if name.namespace.as_deref() != Some(INSTANCE) => {
                element.attributes.push(Attribute { mark, name, value });
            }
            (None, Some(name), _) if name.local() == "type" => element.kind = Some(value),
            _ => {}
        }
        Ok(())
    }

    fn name(&mut self, name: QName<'_>, resolved: &ResolveResult<'_>) -> Result<Name, Violation> {
        if name.0.len() > XML_NAME_BYTES_MAX {
            return Err(self.fault(Rule::XmlBounds, format!("a name of more than {XML_NAME_BYTES_MAX} bytes")));
        }
        if !is_name(name.0) {
            return Err(self.fault(Rule::XmlSyntax, format!("{:?} is not a name", name.0)));
        }
        let namespace = match resolved {
            ResolveResult::Bound(namespace) => Some(self.interned(namespace.0)),
            ResolveResult::Unbound => None,
            ResolveResult::Unknown(prefix) => {
                return Err(self.fault(Rule::XmlNamespace, format!("the prefix {prefix:?} is not declared")));
            }
        };
        Ok(Name { written: self.interned(name.0), namespace })
    }

    fn interned(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.interned.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = Arc::from(text);
        self.interned.insert(Arc::clone(&new));
        new
    }

    fn end(&mut self) {
        // The reader refuses an end that nothing began.
        let Some(Open { element, .. }) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(parent) => parent.element.children.push(element),
            None => self.root = Some(element),
        }
    }

    fn characters(&mut self, text: &str) -> Result<(), Violation> {
        let Some(open) = self.open.last_mut() else {
            return match text.trim().is_empty() {
                true => Ok(()),
                false => Err(self.fault(Rule::XmlSyntax, "text outside the root element".to_owned())),
            };
        };
        open.element.text.push_str(text);
        let bytes = open.element.text.len();
        self.bounded(bytes)
    }

    fn bounded(&self, bytes: usize) -> Result<(), Violation> {
        if bytes > XML_TEXT_BYTES_MAX {
            return Err(self.fault(Rule::XmlBounds, format!("a text of more than {XML_TEXT_BYTES_MAX} bytes")));
        }
        Ok(())
    }

    /// A character by its number, or one of the five predefined entities.
    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), Violation> {
        let character = match reference.as_ref() {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            name => match reference.resolve_char_ref() {
                Ok(Some(character)) if is_legal(character) => character,
                Ok(None) => return Err(self.entity(name)),
                _ => return Err(self.fault(Rule::XmlSyntax, format!("&{name}; is no character of XML"))),
            },
        };
        self.characters(character.encode_utf8(&mut [0; 4]))
    }

    fn entity(&self, name: &str) -> Violation {
        self.fault(Rule::XmlEntity, format!("the entity &{name}; is not one of the predefined five"))
    }

    fn finish(self) -> Result<Tree, Violation> {
        if let Some(open) = self.open.last() {
            let reason = format!("the end, where </{}> belongs", open.element.name.written);
            return Err(self.fault(Rule::XmlSyntax, reason));
        }
        match self.root {
            Some(root) => Ok(Tree { root, marks: self.marks }),
            None => Err(self.fault(Rule::XmlSyntax, "no root element".to_owned())),
        }
    }
}
