use super::*;
use crate::Decimal;
use crate::report::{Period, Tier};
use alloc::string::ToString;

const ITEM: &str = "urn:epc:id:sgtin:9521321.000018.a";

/// Every kind of question, with what it is written as.
fn all() -> Vec<Question> {
    let id = || Identifier::parse(ITEM).unwrap();
    let part = Part { after: Some(After { time_ms: -1, sequence: 7 }), limit: NonZeroU32::MIN };
    let bounds = Bounds {
        kind: "Temperature".to_string(),
        min: Some("-1.50".parse().unwrap()),
        max: None,
        uom: "CEL".to_string(),
        from_ms: Some(-1),
        to_ms: Some(1_777_777_000_000),
    };
    let rows = Some(Rows { after: 2, limit: NonZeroU32::MIN });
    let reach = Reach { depth: NonZeroU32::new(3), links: true, rows };
    let claim = Claim { lot: Some("L%2F1".to_string()), expiry: Some("2027-01-31".to_string()) };
    vec![
        Question::History(id(), None),
        Question::History(id(), Some(part)),
        Question::Back(id()),
        Question::Forward(id()),
        Question::Chain(id(), Way::Back, Reach::default()),
        Question::Chain(id(), Way::Recall, reach),
        Question::Recall { item: id(), after: None, containers_after: None, limit: None },
        Question::Recall {
            item: id(),
            after: Some("urn:x".to_string()),
            containers_after: Some("urn:y".to_string()),
            limit: Some(NonZeroU32::MIN),
        },
        Question::Contents(id(), 1_777_777_000_001),
        Question::Holder(id(), 0),
        Question::MassBalance(id()),
        Question::Excursions(bounds.clone(), None),
        Question::Excursions(
            Bounds { min: None, max: Some(Decimal::ZERO), from_ms: None, to_ms: None, ..bounds },
            Some(id()),
        ),
        Question::AuditTrail("urn:uuid:00000000-0000-4000-8000-000000000001".to_string()),
        Question::VerifyItem(id(), claim),
        Question::VerifyItem(id(), Claim::default()),
        Question::Anomalies { since: 7, limit: NonZeroU32::new(20) },
        Question::Anomalies { since: 0, limit: None },
        Question::Report(id(), Report::Fsma204(Period::default())),
        Question::Report(id(), Report::Fsma204(Period { from_ms: Some(-1), to_ms: Some(1_800_000_000_000) })),
        Question::Report(id(), Report::Dscsa),
        Question::Report(id(), Report::Eudr),
        Question::Report(id(), Report::RecallLetter),
        Question::Report(id(), Report::Passport(Tier::Legitimate)),
    ]
}

#[test]
fn each_question_is_read_back_from_what_it_is_written_as() {
    for question in all() {
        let read = Question::read(question.word(), question.item(), question.part(), &question.arguments());
        assert_eq!(read.as_ref(), Ok(&question));
        let mut more = question.arguments();
        more.insert("more".to_string(), "1".to_string());
        let refused = Question::read(question.word(), question.item(), question.part(), &more);
        assert_eq!(refused, Err(Unasked::argument(question.word(), "more")));
        for name in question.arguments().keys() {
            let mut other = question.arguments();
            other.get_mut(name).unwrap().push('0');
            // Another text is another question or none, and never the same one.
            let read = Question::read(question.word(), question.item(), question.part(), &other);
            assert_ne!(read.as_ref(), Ok(&question), "{name}");
        }
    }
    let words: std::collections::BTreeSet<_> = all().iter().map(Question::word).collect();
    assert_eq!(words, Question::WORDS.iter().copied().collect());
}

#[test]
fn what_is_no_question_is_refused() {
    let none = Arguments::new();
    let refused = |word, item, part| Question::read(word, item, part, &none).unwrap_err();
    assert_eq!(refused("everything", ITEM, None), Unasked::Word("everything".to_string()));
    let part = Some(Part { after: None, limit: NonZeroU32::MIN });
    assert_eq!(refused("back", ITEM, part), Unasked::Part("back"));
    assert!(matches!(refused("back", "", None), Unasked::Item { .. }));
}

#[test]
fn instants_and_needed_arguments_have_one_spelling() {
    let of = |word, pairs: &[(&str, &str)]| {
        let arguments = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Question::read(word, ITEM, None, &arguments)
    };
    assert!(of("contents", &[("time", "2026-05-01T08:00:00Z")]).is_ok());
    for (word, name, pairs) in [
        ("contents", "time", &[] as &[(&str, &str)]),
        ("contents", "time", &[("time", "2026-05-01T10:00:00+02:00")]),
        ("contents", "time", &[("time", "2026-05-01T08:00:00.000Z")]),
        ("contents", "time", &[("time", "yesterday")]),
        ("recall", "limit", &[("limit", "0")]),
        ("recall", "limit", &[("limit", "01")]),
        ("chain", "way", &[("way", "sideways")]),
        ("chain", "depth", &[("way", "back"), ("depth", "0")]),
        ("chain", "links", &[("way", "back"), ("links", "false")]),
        ("chain", "after", &[("way", "back"), ("after", "0"), ("limit", "1")]),
        ("chain", "after", &[("way", "back"), ("after", "1")]),
        ("excursions", "uom", &[("type", "Temperature"), ("max", "8")]),
        ("excursions", "max", &[("type", "Temperature"), ("max", "8."), ("uom", "CEL")]),
        ("excursions", "max", &[("type", "Temperature"), ("max", "08"), ("uom", "CEL")]),
    ] {
        assert_eq!(of(word, pairs), Err(Unasked::argument(word, name)), "{word} {pairs:?}");
    }
}

#[test]
fn what_is_printed_on_a_package_is_read() {
    assert_eq!(instance("9521321000018", "a/1").unwrap().canonical(), "https://id.gs1.org/01/09521321000018/21/a%2F1");
    assert!(instance("9521321000019", "a").is_err(), "a wrong check digit");
    assert_eq!(spelled_lot("L/1-2"), "L%2F1-2");
    for (text, expected) in [
        ("2027-01-31", Some("2027-01-31")),
        ("270131", Some("2027-01-31")),
        ("270200", Some("2027-02-28")),
        ("280200", Some("2028-02-29")),
        ("270431", None),
        ("271301", None),
        ("2027-02-00", None),
        ("2027/02/01", None),
        ("27013x", None),
        ("2701311", None),
    ] {
        assert_eq!(expiry(text).as_deref(), expected, "{text}");
    }
}
