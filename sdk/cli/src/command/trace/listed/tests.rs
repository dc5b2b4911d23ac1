use super::*;
use countersign_epcis::answer::{Amounts, Incomparable, MassBalance};

#[test]
fn a_trace_is_one_table_with_what_is_missing_at_the_end() {
    let trace = Trace {
        canonical: "urn:a".to_owned(),
        position: 9,
        products: vec!["urn:p,1".to_owned(), "=HYPERLINK(1)".to_owned()],
        containers: vec!["urn:c".to_owned()],
        truncated: Some("depth".to_owned()),
        next_cursor: Some("77".to_owned()),
        ..Trace::default()
    };
    let expected = "\
table,item,name,value
products,\"urn:p,1\",,
products,'=HYPERLINK(1),,
containers,urn:c,,
about,,item,urn:a
about,,records,the first 9 of the contract
about,,CUT SHORT,more may lie beyond the depth that was asked for.
about,,MORE FOLLOWS,\"raise --limit, or go on with --cursor 77\"
";
    assert_eq!(csv(&Listed(&trace)).unwrap(), expected);
}

#[test]
fn tables_with_other_columns_stand_under_one_header() {
    let [two, one] = ["2", "1"].map(|text| text.parse().unwrap());
    let balance = MassBalance {
        item: "urn:lot".to_owned(),
        position: 3,
        amounts: vec![Amounts {
            uom: "KGM".to_owned(),
            created: two,
            consumed: one,
            disposed: countersign_epcis::Decimal::ZERO,
            remaining: one,
            over_consumed: countersign_epcis::Decimal::ZERO,
        }],
        incomparable: vec![Incomparable {
            sequence: 2,
            event_id: None,
            flow: "consumed".to_owned(),
            quantity: None,
            uom: String::new(),
            reason: "the event does not say how much".to_owned(),
        }],
        instances: None,
        complete: true,
        truncated: None,
    };
    let expected = "\
table,unit,created,consumed,disposed,remaining,over-consumed,record,event,as,amount,why,name,value
amounts,KGM,2,1,0,1,0,,,,,,,
not counted,,,,,,,2,,consumed,,the event does not say how much,,
about,,,,,,,,,,,,item,urn:lot
about,,,,,,,,,,,,records,the first 3 of the contract
";
    assert_eq!(csv(&balance).unwrap(), expected);
}
