#pragma once
// Substitution of variables, as Dockerfiles and compose files write it, with the place of what is put in.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "workload/traced.h"

namespace ashlar::workload {

/// What a variable is worth: null where nobody says. The text must live as long as the call.
using Lookup = std::function<const Traced*(const std::string& name)>;

enum class Dialect {
  Dockerfile,  ///< quotes and escapes are taken away; `\$` is a dollar sign
  Compose,     ///< `$$` is a dollar sign, everything else stays
};

struct Substituted {
  Traced text;
  std::vector<std::string> unknown;  ///< variables without a value that no default stands in for
  std::vector<std::string> used;     ///< all that were asked for
  bool good = true;                  ///< false: a form that is none, one we do not know (`${x#y}`), or more than 64 KiB of values: the text is what came before
};

/// `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:+other}`, `${NAME+other}`, `${NAME:?why}`, `${NAME?why}`; defaults may hold variables, to a depth
/// of 16.
Substituted substitute(const Traced& text, Dialect dialect, char escape, const Lookup& lookup);

}  // namespace ashlar::workload
