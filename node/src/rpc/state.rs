//! `state_*`: the state, key by key.

use super::conn::{Conn, Node};
use super::cursor::Cursor;
use super::failure::of_ledger;
use countersign_api::limits::{PROOF_KEYS_MAX, RESPONSE_BYTES_MAX};
use countersign_api::method::state::{
    Entry, GetManyParams, GetParams, Key, RangeParams, StateGet, StateGetMany, StateRange, Value,
};
use countersign_api::read::page_size;
use countersign_api::{At, Bytes, Code, Page, Read, Registry, RpcError};
use countersign_types::state_key;

/// Bytes of values in one page of a range, beyond its last value: a quarter of the largest answer, since bytes are text there.
const RANGE_BYTES_MAX: usize = RESPONSE_BYTES_MAX / 4;

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<StateGet, _, _>(|conn, params| conn.read(move |node| get(node, &params)));
    registry.on::<StateGetMany, _, _>(|conn, params| conn.read(move |node| get_many(node, &params)));
    registry.on::<StateRange, _, _>(|conn, params| conn.read(move |node| range(node, params)));
}

fn get(node: &Node, params: &GetParams) -> Result<Read<Value>, RpcError> {
    let point = node.point(params.at)?;
    let key = params.key.to_bytes();
    let value = node.reader().read_at(&key, point.height).map_err(|cause| of_ledger(&cause))?;
    let proof = if params.prove { Some(node.prove_entries([key], &point)?) } else { None };
    Ok(point.read(Value { value: value.map(Bytes) }, proof))
}

fn get_many(node: &Node, params: &GetManyParams) -> Result<Read<Vec<Value>>, RpcError> {
    if params.keys.is_empty() || params.keys.len() > PROOF_KEYS_MAX {
        return Err(RpcError::new(Code::InvalidParams, format!("give 1 to {PROOF_KEYS_MAX} `keys`")));
    }
    let point = node.point(params.at)?;
    let keys: Vec<Vec<u8>> = params.keys.iter().map(Key::to_bytes).collect();
    let (mut values, mut bytes) = (Vec::new(), 0usize);
    for key in &keys {
        let value = node.reader().read_at(key, point.height).map_err(|cause| of_ledger(&cause))?;
        bytes = bytes.saturating_add(value.as_ref().map_or(0, Vec::len));
        if bytes > RESPONSE_BYTES_MAX {
            let cause = format!("the values have more than {RESPONSE_BYTES_MAX} bytes; ask for fewer keys at once");
            return Err(RpcError::new(Code::ResponseTooLarge, cause));
        }
        values.push(Value { value: value.map(Bytes) });
    }
    let proof = if params.prove { Some(node.prove_entries(keys, &point)?) } else { None };
    Ok(point.read(values, proof))
}

/// Keys are those of the newest state, and values those of the page's height: what was removed since the first page is left out,
/// and what came since is not there yet.
fn range(node: &Node, mut params: RangeParams) -> Result<Page<Entry>, RpcError> {
    let (size, cursor) = (page_size(params.limit.take()), params.cursor.take());
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let query = node.query::<StateRange>(&params);
    let cursor: Option<Cursor<Vec<u8>>> = cursor.as_deref().map(|text| query.cursor(text)).transpose()?;
    let point = node.point(cursor.as_ref().map_or(At::Final, |cursor| At::Height(cursor.height)))?;
    let (contract, _) = node.contract(&params.contract, &point)?;
    let own = state_key::storage(&contract, &[]);
    let begin = [own.as_slice(), params.prefix.as_ref().map_or(&[][..], |prefix| &prefix.0)].concat();
    let Some(end) = behind(&begin) else { return Ok(point.page(Vec::new(), None)) };
    let from = cursor.map_or(begin, |Cursor { place, .. }| [own.as_slice(), &place, &[0]].concat());
    let keys = node.reader().keys_between(&from, &end, size.saturating_add(1)).map_err(|cause| of_ledger(&cause))?;
    let (mut items, mut bytes, mut place) = (Vec::new(), 0, None);
    let mut rest = keys.into_iter();
    for key in rest.by_ref().take(size) {
        let value = node.reader().read_at(&key, point.height).map_err(|cause| of_ledger(&cause))?;
        let key = key.get(own.len()..).unwrap_or_default().to_vec();
        place = Some(key.clone());
        if let Some(value) = value {
            bytes += key.len().saturating_add(value.len());
            items.push(Entry { key: Bytes(key), value: Bytes(value) });
        }
        if bytes > RANGE_BYTES_MAX {
            break;
        }
    }
    let next = place.filter(|_| rest.next().is_some());
    let next = next.map(|place| query.text(&Cursor { height: point.height, place }));
    Ok(point.page(items, next))
}

/// The first key behind all that begin with a prefix; none if there is none.
fn behind(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::behind;

    #[test]
    fn a_prefix_ends_before_the_next_one() {
        assert_eq!(behind(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(behind(&[1, 0xff, 0xff]), Some(vec![2]));
        assert_eq!(behind(&[0xff]), None);
    }
}
