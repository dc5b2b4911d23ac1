//! Compiled code in memory and on disk: found again, bounded, and never loaded if it is not this node's own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use countersign_abi::trap;
use countersign_vm::{CallKind, DiskConfig, Outcome, Vm, VmConfig, VmCounters};
use tempfile::TempDir;

use crate::world::{World, call, contract, output, trapped, view, with};

const SECRET: [u8; 32] = [5; 32];

fn text(number: u32) -> String {
    contract(&format!("(i32.store (i32.const 0) (i32.const {number})) (call $output (i32.const 0) (i32.const 4))"))
}

fn machine(directory: &Path) -> Vm {
    bounded(DiskConfig::new(directory.join("compiled"), SECRET))
}

fn bounded(disk: DiskConfig) -> Vm {
    Vm::new(VmConfig { disk: Some(disk), ..VmConfig::default() }).unwrap()
}

fn run(vm: &Vm, world: &World) -> Outcome {
    vm.run(&mut world.clone(), &call(b"")).unwrap()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(directory.join("compiled")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Calls' code by where it was: memory, disk, compiler.
fn calls(counters: VmCounters) -> [u64; 3] {
    let code = counters.for_calls;
    [code.found, code.loaded, code.compiled]
}

#[test]
fn a_restart_loads_what_was_compiled() {
    let directory = TempDir::new().unwrap();
    let world = World::of(&text(7));
    let first = machine(directory.path());
    let outcome = run(&first, &world);
    assert_eq!(run(&first, &world), outcome);
    assert_eq!(calls(first.counters()), [1, 0, 1]);

    let restarted = machine(directory.path());
    assert_eq!(run(&restarted, &world), outcome);
    assert_eq!(calls(restarted.counters()), [0, 1, 0]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory.path().join("compiled")), 0o700);
    for file in files(directory.path()) {
        assert_eq!(mode(&file), 0o600);
    }
}

#[test]
fn what_is_prepared_is_not_compiled_by_a_call() {
    let directory = TempDir::new().unwrap();
    let world = World::of(&text(7));
    let (hash, code) = world.codes.iter().next().unwrap();
    let vm = machine(directory.path());
    vm.prepare(code).unwrap();
    vm.prepare(code).unwrap();
    assert_eq!(vm.counters().ahead.compiled, 1);
    let _ = run(&vm, &world);
    assert_eq!(calls(vm.counters()), [1, 0, 0]);

    let restarted = machine(directory.path());
    restarted.prepare_deployed(&mut world.clone(), hash).unwrap();
    assert_eq!((restarted.counters().ahead.loaded, restarted.counters().ahead.compiled), (1, 0));
}

#[test]
fn what_runs_aside_counts_among_views_and_puts_no_code_among_that_of_calls() {
    let world = World::of(&text(7));
    let vm = Vm::new(VmConfig::default()).unwrap();
    let tried = run(&vm.aside(), &world);
    let counters = vm.counters();
    assert_eq!((calls(counters), counters.for_views.compiled), ([0, 0, 0], 1));
    assert_eq!((counters.calls.count, counters.views.count), (0, 1));
    assert_eq!(run(&vm, &world), tried, "it is a call all the same");
    assert_eq!(calls(vm.counters()), [0, 0, 1]);
    // What calls have is used, and nothing is compiled again.
    let _ = run(&vm.aside(), &world);
    assert_eq!((calls(vm.counters()), vm.counters().for_views.compiled), ([0, 0, 1], 1));
}

#[test]
fn damaged_and_foreign_files_are_compiled_anew_and_never_loaded() {
    let directory = TempDir::new().unwrap();
    let world = World::of(&text(7));
    let outcome = run(&machine(directory.path()), &world);
    let [file] = &files(directory.path())[..] else { panic!("one file") };
    let sound = fs::read(file).unwrap();

    let middle = sound.len() / 2;
    let flipped = |at: usize| {
        let mut bytes = sound.clone();
        bytes[at] ^= 1;
        bytes
    };
    let extended = [&sound[..], b"x"].concat();
    for damaged in [
        Vec::new(),
        sound[..31].to_vec(),
        sound[..32].to_vec(),
        sound[..middle].to_vec(),
        flipped(0),
        flipped(32),
        flipped(middle),
        flipped(sound.len() - 1),
        extended,
    ] {
        fs::write(file, &damaged).unwrap();
        let vm = machine(directory.path());
        assert_eq!(run(&vm, &world), outcome);
        assert_eq!((calls(vm.counters()), vm.counters().refused), ([0, 0, 1], 1), "{} bytes", damaged.len());
        assert_eq!(
            calls({
                let vm = machine(directory.path());
                let _ = run(&vm, &world);
                vm.counters()
            }),
            [0, 1, 0]
        );
    }

    let foreign = bounded(DiskConfig::new(directory.path().join("compiled"), [6; 32]));
    assert_eq!(run(&foreign, &world), outcome);
    assert_eq!((calls(foreign.counters()), foreign.counters().refused), ([0, 0, 1], 1));
}

/// A file is good for the code it was made from only, whoever renames it.
#[test]
fn a_file_under_another_name_is_refused() {
    let directory = TempDir::new().unwrap();
    let (seven, eight) = (World::of(&text(7)), World::of(&text(8)));
    let vm = machine(directory.path());
    let _ = run(&vm, &seven);
    let first = files(directory.path());
    let outcome = run(&vm, &eight);
    let second = files(directory.path()).into_iter().find(|file| !first.contains(file)).unwrap();
    fs::copy(&first[0], &second).unwrap();

    let restarted = machine(directory.path());
    assert_eq!(run(&restarted, &eight), outcome);
    assert_eq!((calls(restarted.counters()), restarted.counters().refused), ([0, 0, 1], 1));
}

#[test]
fn the_directory_is_bounded_and_the_oldest_file_goes() {
    let directory = TempDir::new().unwrap();
    let worlds: Vec<World> = (0..4).map(|number| World::of(&text(number))).collect();
    let _ = run(&machine(directory.path()), &worlds[0]);
    let length = fs::metadata(&files(directory.path())[0]).unwrap().len();
    let config = DiskConfig { bytes_max: 2 * length, ..DiskConfig::new(directory.path().join("compiled"), SECRET) };

    let vm = bounded(config.clone());
    let _ = run(&vm, &worlds[1]);
    let _ = run(&vm, &worlds[0]);
    let _ = run(&vm, &worlds[2]);
    assert_eq!(files(directory.path()).len(), 2);
    assert_eq!(vm.counters().unsaved, 0);

    let vm = bounded(config);
    let _ = run(&vm, &worlds[0]);
    let _ = run(&vm, &worlds[2]);
    assert_eq!(calls(vm.counters()), [0, 2, 0]);
    let _ = run(&vm, &worlds[1]);
    assert_eq!(calls(vm.counters()), [0, 2, 1]);
}

#[test]
fn what_a_stop_left_half_written_is_cleared_away() {
    let directory = TempDir::new().unwrap();
    let _ = machine(directory.path());
    let half = directory.path().join("compiled/0a.code.part");
    fs::write(&half, b"half").unwrap();
    let _ = machine(directory.path());
    assert!(!half.exists());
}

#[test]
fn a_directory_that_went_away_costs_time_only() {
    let directory = TempDir::new().unwrap();
    let world = World::of(&text(7));
    let vm = machine(directory.path());
    fs::remove_dir_all(directory.path().join("compiled")).unwrap();
    let _ = run(&vm, &world);
    assert_eq!((calls(vm.counters()), vm.counters().unsaved), ([0, 0, 1], 1));
}

/// Views use what calls keep, and put nothing there.
#[test]
fn views_keep_apart_from_calls() {
    let directory = TempDir::new().unwrap();
    let world = World::of(&text(7));
    let vm = machine(directory.path());
    let seen = |vm: &Vm| vm.run(&mut world.clone(), &view(b"")).unwrap();
    let _ = seen(&vm);
    let _ = seen(&vm);
    let views = vm.counters().for_views;
    assert_eq!([views.found, views.loaded, views.compiled], [1, 0, 1]);
    let _ = run(&vm, &world);
    assert_eq!(calls(vm.counters()), [0, 1, 0], "a view left it on disk and not in the memory of calls");

    let other = machine(directory.path());
    let _ = run(&other, &world);
    let _ = seen(&other);
    assert_eq!(other.counters().for_views.found, 1);
    assert_eq!((other.counters().calls.count, other.counters().views.count), (1, 1));
}

/// One call's room serves calls and views of several threads, which wait for one another.
#[test]
fn views_without_room_of_their_own_take_turns_with_calls() {
    let world = World::of(&text(7));
    let vm = Vm::new(VmConfig { calls_max: 1, views_max: 0, ..VmConfig::default() }).unwrap();
    std::thread::scope(|scope| {
        for what in [call(b""), view(b""), call(b""), view(b"")] {
            let (vm, world) = (&vm, &world);
            scope.spawn(move || {
                for _ in 0..100 {
                    assert_eq!(output(&vm.run(&mut world.clone(), &what).unwrap()), [7, 0, 0, 0]);
                }
            });
        }
    });
}

/// The machine is asked for facts, and what they refuse needs no code: there is none to be had.
#[test]
fn a_refused_call_loads_no_code() {
    let mut world = World::of(&with("(nop)", "(memory (export \"memory\") 512)"));
    world.codes.clear();
    let vm = Vm::new(VmConfig::default()).unwrap();
    let ask = |method: &str, gas_limit: u64| {
        let call = countersign_vm::Call { method: method.into(), gas_limit, ..call(b"") };
        vm.run(&mut world.clone(), &call)
    };
    assert_eq!(ask("nowhere", 50_000_000).unwrap().status, trapped(trap::METHOD_NOT_FOUND));
    assert_eq!(ask("run", 100_000).unwrap().status, trapped(trap::OUT_OF_GAS));
    ask("run", 50_000_000).unwrap_err();
    assert_eq!(calls(vm.counters()), [0, 0, 0]);
}

#[test]
fn code_that_many_want_is_compiled_once() {
    let world = World::of(&text(7));
    let vm = Vm::new(VmConfig { calls_max: 4, ..VmConfig::default() }).unwrap();
    std::thread::scope(|scope| {
        for kind in [CallKind::Call, CallKind::Call, CallKind::Call, CallKind::Call] {
            let (vm, mut world) = (vm.clone(), world.clone());
            scope.spawn(move || vm.run(&mut world, &countersign_vm::Call { kind, ..call(b"") }).unwrap());
        }
    });
    let [found, loaded, compiled] = calls(vm.counters());
    assert_eq!((found, loaded, compiled), (3, 0, 1));
}
