#pragma once
// A database for several threads.
#include <memory>

#include "advisory/database.h"

namespace ashlar::advisory {

/// What `database` says, which is borrowed, asked by one thread at a time however many ask.
std::unique_ptr<Database> in_turns(Database& database);

}  // namespace ashlar::advisory
