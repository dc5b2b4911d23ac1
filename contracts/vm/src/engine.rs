//! How the engine is set. `DETERMINISM.md` gives the reason for each knob.

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::limits;
use crate::{HostFault, OptLevel, VmConfig};

/// Bytes of a memory that stay with its slot between two instances and are reset by hand: cheaper
/// than giving pages back to the system. Rust's stack ends at 1 MiB and its data follows, so less
/// would miss what contracts touch most. At most 48 slots × 2 MiB stay resident by default.
const KEPT_MEMORY_BYTES: usize = 2 << 20;
/// The same for a table.
const KEPT_TABLE_BYTES: usize = 16 << 10;
/// Longest image of initial data that is mapped rather than copied.
const IMAGE_BYTES_MAX: u64 = 2 << 20;
/// Largest record of an instance: 20,000 functions of 32 bytes, 1,000 globals of 16, and some.
const INSTANCE_BYTES_MAX: usize = 1 << 20;
const PAGE_BYTES: usize = 65_536;

pub(crate) fn build(config: &VmConfig) -> Result<Engine, HostFault> {
    let mut engine = Config::new();
    engine
        .cranelift_opt_level(match config.opt_level {
            OptLevel::None => wasmtime::OptLevel::None,
            OptLevel::Speed => wasmtime::OptLevel::Speed,
            OptLevel::SpeedAndSize => wasmtime::OptLevel::SpeedAndSize,
        })
        .cranelift_nan_canonicalization(true)
        .wasm_simd(false)
        .wasm_relaxed_simd(false)
        .wasm_threads(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_tail_call(false)
        .wasm_extended_const(false)
        .wasm_function_references(false)
        .wasm_gc(false)
        .wasm_exceptions(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .wasm_stack_switching(false)
        .wasm_reference_types(true)
        .wasm_bulk_memory(true)
        .wasm_multi_value(true)
        .gc_support(false)
        .shared_memory(false)
        .concurrency_support(false)
        .consume_fuel(false)
        .epoch_interruption(false)
        .max_wasm_stack(limits::NATIVE_STACK_BYTES)
        .wasm_backtrace_max_frames(None)
        .native_unwind_info(false)
        .generate_address_map(false)
        .memory_init_cow(true)
        .memory_may_move(false)
        .memory_guaranteed_dense_image_size(IMAGE_BYTES_MAX)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(config)));
    Engine::new(&engine).map_err(|error| HostFault::engine("starting the engine", &error))
}

/// Room for every call that may run at once, each with contracts nested to the limit, so that an
/// instance can always be made.
fn pool(config: &VmConfig) -> PoolingAllocationConfig {
    let depth = u32::try_from(limits::CALL_DEPTH_MAX).unwrap_or(u32::MAX);
    let runs = config.calls_max.max(1).saturating_add(config.views_max);
    let slots = runs.saturating_mul(depth);
    let pages = usize::try_from(limits::MEMORY_PAGES_MAX).unwrap_or(usize::MAX);
    let elements = usize::try_from(limits::TABLE_ELEMENTS_MAX).unwrap_or(usize::MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(slots)
        .total_memories(slots)
        .total_tables(slots)
        .total_gc_heaps(0)
        .max_memories_per_module(1)
        .max_tables_per_module(1)
        .table_elements(elements)
        .max_memory_size(pages.saturating_mul(PAGE_BYTES))
        .max_core_instance_size(INSTANCE_BYTES_MAX)
        .max_unused_warm_slots(slots)
        .linear_memory_keep_resident(KEPT_MEMORY_BYTES)
        .table_keep_resident(KEPT_TABLE_BYTES)
        // Resets only the pages that were written, where the kernel can tell (Linux 6.7): a warm
        // call of a Rust contract takes 10 µs instead of 31.
        .pagemap_scan(Enabled::Auto);
    pool
}
