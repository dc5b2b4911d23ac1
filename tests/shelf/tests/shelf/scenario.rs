//! Numbers come and go; what is left is compared with the standard library's map.

use std::collections::BTreeMap;

use countersign_contract::testing::Harness;

/// Enough for three levels of the tree, added and removed in an order that splits and merges nodes
/// everywhere.
const NUMBERS: u64 = 1_500;

/// Adds, removes and lists the same in the contract and in a map.
pub fn collections_agree_with_the_standard_library(host: &mut impl Harness) {
    let mut model: BTreeMap<u64, u64> = BTreeMap::new();
    // 7919 is prime to the count, so that the walk meets every number once.
    let walk: Vec<u64> = (0..NUMBERS).map(|step| step * 7_919 % NUMBERS).collect();
    for numbers in walk.chunks(100) {
        let new = host.invoke::<u64>("add", &(numbers,)).unwrap();
        assert_eq!(new, 100);
        model.extend(numbers.iter().map(|number| (*number, number * number)));
    }
    assert_eq!(host.invoke::<u64>("add", &(&walk[..50],)), Ok(0));
    compare(host, &model);
    for numbers in walk[200..1_400].chunks(100) {
        assert_eq!(host.invoke::<u64>("remove", &(numbers,)), Ok(100));
        model.retain(|number, _| !numbers.contains(number));
    }
    assert_eq!(host.invoke::<u64>("remove", &(&walk[200..250],)), Ok(0));
    compare(host, &model);
    for numbers in walk.chunks(100) {
        host.invoke::<u64>("remove", &(numbers,)).unwrap();
    }
    compare(host, &BTreeMap::new());
}

fn compare(host: &mut impl Harness, model: &BTreeMap<u64, u64>) {
    let len = u64::try_from(model.len()).unwrap();
    assert_eq!(host.query::<(u64, u64, u64)>("lengths", &()), Ok((len, len, len)));
    for (from, to, limit) in [(0, NUMBERS, 5_000u32), (100, 333, 20), (900, 901, 5), (7, 3, 5)] {
        let squares = host.query::<Vec<(u64, u64)>>("squares", &(from, to, limit)).unwrap();
        let within = model.iter().filter(|(number, _)| (from..to).contains(*number));
        let most = usize::try_from(limit).unwrap();
        assert!(squares.into_iter().eq(within.map(|(number, square)| (*number, *square)).take(most)));
    }
    let sevens = host.query::<Vec<u64>>("of_digit", &(7u64, 1_000u32)).unwrap();
    assert!(sevens.iter().eq(model.keys().filter(|number| *number % 10 == 7)));
    let mut members = host.query::<Vec<u64>>("members", &(0u64, u32::MAX)).unwrap();
    members.sort_unstable();
    assert!(members.iter().eq(model.keys()));
}
