//! Going through the state tree. All that snapshots know of how it is stored.

use crate::error::LedgerError;
use crate::reader::StateRow;
use crate::shared::Shared;
use crate::store::Store;
use crate::tree::{Node, Pages};

/// The two sides of a subtree that has them.
pub(super) fn sides<S: Store>(shared: &Shared<S>, node: &Node) -> Result<Option<(Node, Node)>, LedgerError> {
    let inner = match node {
        Node::Empty | Node::Leaf(_) => return Ok(None),
        Node::Inner(inner) => inner.clone(),
        Node::Page { hash, id } => shared.page(*id, hash)?,
    };
    Ok(Some((inner.left.clone(), inner.right.clone())))
}

/// All entries of a subtree by rising path, if they take at most `room` bytes, or if there is only one.
pub(super) fn entries<S: Store>(
    shared: &Shared<S>,
    node: &Node,
    room: usize,
) -> Result<Option<Vec<StateRow>>, LedgerError> {
    let (mut rows, mut left) = (Vec::new(), Some(room));
    gather(shared, node, &mut rows, &mut left)?;
    Ok((left.is_some() || matches!(node, Node::Leaf(_))).then_some(rows))
}

/// Adds the entries of a subtree while there is room.
fn gather<S: Store>(
    shared: &Shared<S>,
    node: &Node,
    rows: &mut Vec<StateRow>,
    room: &mut Option<usize>,
) -> Result<(), LedgerError> {
    if room.is_none() {
        return Ok(());
    }
    if let Node::Leaf(leaf) = node {
        let (key, value) = shared.entry(leaf)?;
        *room = room.and_then(|room| room.checked_sub(key.len())?.checked_sub(value.len())?.checked_sub(LENGTHS));
        rows.push((key, value));
    } else if let Some((left, right)) = sides(shared, node)? {
        gather(shared, &left, rows, room)?;
        gather(shared, &right, rows, room)?;
    }
    Ok(())
}

/// Bytes of the two lengths of an entry.
const LENGTHS: usize = 8;
