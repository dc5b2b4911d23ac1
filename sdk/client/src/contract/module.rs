//! Finding the interface inside a WebAssembly module.
//! Source: WebAssembly core specification, section 5.5 (binary format of modules).

use countersign_api::abi::SECTION;

const HEADER: &[u8] = b"\0asm\x01\0\0\0";
const CUSTOM: u8 = 0;

/// The contents of the module's interface sections, one after the other; `None` if there is none,
/// or if the bytes are no module.
#[must_use]
pub fn interface_section(module: &[u8]) -> Option<Vec<u8>> {
    let mut rest = module.strip_prefix(HEADER)?;
    let mut found: Option<Vec<u8>> = None;
    while let Some((id, after)) = rest.split_first() {
        let (section, following) = counted(after)?;
        if *id == CUSTOM {
            let (name, content) = counted(section)?;
            if name == SECTION.as_bytes() {
                found.get_or_insert_default().extend_from_slice(content);
            }
        }
        rest = following;
    }
    found
}

/// A length in LEB128 and that many bytes, and what follows.
fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0usize;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return bytes.get(index + 1..)?.split_at_checked(length);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::interface_section;

    fn custom(name: &str, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(1 + name.len() + content.len()).unwrap();
        let name_length = u8::try_from(name.len()).unwrap();
        [&[0, length, name_length], name.as_bytes(), content].concat()
    }

    #[test]
    fn sections_of_the_name_are_joined_and_others_passed_over() {
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        assert_eq!(interface_section(&module), None);
        module.extend(custom("name", b"x"));
        module.extend(custom("countersign.abi", b"{}\n"));
        module.extend([1, 2, 9, 9]);
        module.extend(custom("countersign.abi", b"[]\n"));
        assert_eq!(interface_section(&module).as_deref(), Some(b"{}\n[]\n".as_slice()));
        for cut in 9..module.len() {
            let found = interface_section(module.get(..cut).unwrap());
            assert!(found.is_none_or(|found| found == b"{}\n"), "{cut}");
        }
    }

    #[test]
    fn what_is_no_module_has_no_section() {
        assert_eq!(interface_section(b""), None);
        assert_eq!(interface_section(b"\0asm\x02\0\0\0"), None);
        assert_eq!(interface_section(b"\0asm\x01\0\0\0\0\xff\xff\xff\xff\xff\xff"), None);
    }
}
