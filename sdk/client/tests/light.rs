//! A light client that asks nodes over HTTP: honest ones, ones that are behind, and ones that lie.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/node.rs"]
mod node;
#[path = "../../verify/tests/support/sample.rs"]
mod sample;

use countersign_client::light::{LightFileError, NotFollowed, follow, keep, load, save};
use countersign_client::verify::{BadFile, Conflict, Light, Refusal, Trusted};
use countersign_types::Height;
use node::Node;
use sample::{Sample, TIP, genesis, many_events};

fn beginning() -> Light {
    Light::begin(&Trusted::from(&genesis()))
}

/// The same chain up to block 6, and another one after it.
fn fork() -> Sample {
    Sample::new(&many_events(2))
}

#[tokio::test]
async fn it_follows_a_node_over_several_answers_and_keeps_where_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("light.json");
    assert!(load(&path).unwrap().is_none());
    let running = Node { ends_max: 1, height: 5, ..Node::default() }.run().await;
    let nodes = [running.client.clone()];

    let mut light = beginning();
    save(&path, &light).unwrap();
    assert!(load(&path).unwrap().is_none(), "a genesis needs no file");
    assert!(matches!(follow(&mut light, &nodes).await[0].outcome, Ok(Height(5))));
    save(&path, &light).unwrap();

    // Another run goes on from the file, over two more changes, one answer each.
    running.node.lock().unwrap().height = TIP;
    let mut light = load(&path).unwrap().unwrap();
    assert_eq!(light.height(), Height(5));
    assert!(matches!(follow(&mut light, &nodes).await[0].outcome, Ok(Height(TIP))));
    save(&path, &light).unwrap();
    assert_eq!(load(&path).unwrap().unwrap(), light);
    assert!(matches!(follow(&mut light, &nodes).await[0].outcome, Ok(Height(TIP))), "there is nothing newer");
}

#[tokio::test]
async fn one_honest_node_is_enough_and_the_others_are_told_apart() {
    let too_few = Node { lie: |said| said.anchor.certificate.signatures.truncate(2), ..Node::default() };
    let no_end = Node { lie: |said| drop(said.epochs.pop()), ..Node::default() };
    let stuck = Node { lie: |said| said.more = true, ..Node::default() };
    let (too_few, no_end, honest, stuck) =
        (too_few.run().await, no_end.run().await, Node::default().run().await, stuck.run().await);
    let behind = Node { height: 4, ..Node::default() }.run().await;
    let dead = countersign_client::Client::new("http://127.0.0.1:9").unwrap();
    let nodes = [too_few.client, no_end.client, honest.client, behind.client, stuck.client, dead];
    let mut light = beginning();
    let heard = follow(&mut light, &nodes).await;
    assert_eq!(light.height(), Height(TIP));
    assert!(matches!(heard[0].outcome, Err(NotFollowed::Refused(Refusal::Proof(_)))), "{heard:?}");
    assert!(matches!(heard[1].outcome, Err(NotFollowed::Refused(Refusal::Proof(_)))), "{heard:?}");
    assert!(matches!(heard[2].outcome, Ok(Height(TIP))), "{heard:?}");
    let older = Refusal::Older { given: Height(4), known: Height(TIP) };
    assert!(matches!(&heard[3].outcome, Err(NotFollowed::Refused(refusal)) if *refusal == older), "{heard:?}");
    assert!(matches!(heard[4].outcome, Err(NotFollowed::Stuck(Height(TIP)))), "{heard:?}");
    assert!(matches!(heard[5].outcome, Err(NotFollowed::Asked(_))), "{heard:?}");
}

#[tokio::test]
async fn a_conflict_is_kept_and_moves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("light.json");
    let honest = Node { height: 8, ..Node::default() }.run().await;
    let forked = Node { chain: fork(), ..Node::default() }.run().await;
    let mut light = beginning();
    follow(&mut light, &[honest.client]).await;
    save(&path, &light).unwrap();
    let heard = follow(&mut light, &[forked.client]).await;
    let Err(NotFollowed::Refused(Refusal::Conflict(conflict))) = &heard[0].outcome else { panic!("{heard:?}") };
    assert_eq!(light.height(), Height(8));
    let kept = keep(&path, conflict).unwrap();
    assert_eq!(keep(&path, conflict).unwrap(), kept, "it is the same file the second time");
    let text = std::fs::read_to_string(&kept).unwrap();
    assert_eq!(serde_json::from_str::<Conflict>(&text).unwrap(), **conflict);
    assert_eq!(load(&path).unwrap().unwrap().height(), Height(8));
}

#[tokio::test]
async fn its_file_never_goes_back_and_is_never_believed_damaged() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("light.json");
    let running = Node { height: 4, ..Node::default() }.run().await;
    let (mut old, mut new) = (beginning(), beginning());
    follow(&mut old, std::slice::from_ref(&running.client)).await;
    running.node.lock().unwrap().height = TIP;
    follow(&mut new, &[running.client]).await;
    save(&path, &new).unwrap();
    assert!(matches!(save(&path, &old), Err(LightFileError::Ahead { known: Height(TIP), given: Height(4), .. })));
    assert_eq!(load(&path).unwrap().unwrap(), new);

    let text = std::fs::read_to_string(&path).unwrap().replacen("\"height\": 9", "\"height\": 10", 1);
    std::fs::write(&path, text).unwrap();
    assert!(matches!(load(&path), Err(LightFileError::Bad { cause: BadFile::LightParts, .. })));
    assert!(
        matches!(save(&path, &new), Err(LightFileError::Bad { .. })),
        "a damaged file is left for people to look at"
    );
}
