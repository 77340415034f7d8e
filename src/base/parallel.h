#pragma once
// Work on many things beside each other.
#include <cstddef>
#include <functional>

namespace ashlar {

/// How many threads in_parallel() takes for `count` things: at most `wanted`, or where that is 0 as many as there are processors for us; at least one.
std::size_t threads_for(std::size_t count, std::size_t wanted = 0);

/// Calls `work(index, thread)` once for each index below `count`, on threads_for(count, wanted) threads, the caller's among them, and returns when all are
/// done. Indexes are begun in their order; `thread` counts from 0, and nothing else runs as the same one at the time. `work` must not throw.
void in_parallel(std::size_t count, std::size_t wanted, const std::function<void(std::size_t index, std::size_t thread)>& work);

}  // namespace ashlar
