use super::*;
use crate::report::{Period, Tier};
use alloc::string::ToString;

const ITEM: &str = "urn:epc:id:sgtin:9521321.000018.a";

/// Every kind of question, with what it is written as.
fn all() -> Vec<Question> {
    let id = || Identifier::parse(ITEM).unwrap();
    let part = Part { after: Some(After { time_ms: -1, sequence: 7 }), limit: NonZeroU32::MIN };
    vec![
        Question::History(id(), None),
        Question::History(id(), Some(part)),
        Question::Back(id()),
        Question::Forward(id()),
        Question::Report(id(), Report::Fsma204(Period::default())),
        Question::Report(id(), Report::Fsma204(Period { from_ms: Some(-1), to_ms: Some(1_800_000_000_000) })),
        Question::Report(id(), Report::Dscsa),
        Question::Report(id(), Report::Eudr),
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
        assert_eq!(refused, Err(Unasked::Argument { word: question.word(), name: "more".to_string() }));
        for name in question.arguments().keys() {
            let mut other = question.arguments();
            other.get_mut(name).unwrap().push(' ');
            assert!(Question::read(question.word(), question.item(), question.part(), &other).is_err(), "{name}");
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
