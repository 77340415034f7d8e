#pragma once
// Keys and tokens by their form.
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ashlar::prove {

/// Texts at which a secret may stand.
std::span<const std::string_view> secret_texts();
/// Whether the occurrence of secret_texts()[which] at `at` belongs to a secret: what it is. The text that begins a key is in every program that reads
/// keys; a key follows it here only where its body does.
std::optional<std::string> judge_secret(std::string_view in, size_t at, size_t which);
/// Files that hold secrets by their purpose: what it is, if there is one in it.
std::optional<std::string> secret_file(std::string_view path, std::string_view content);
/// A variable whose name says that its value is a secret.
bool is_secret_name(std::string_view variable);

}  // namespace ashlar::prove
