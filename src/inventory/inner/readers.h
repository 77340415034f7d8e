#pragma once
// The readers that ecosystems.cc has rows for, each in its own file eco_<name>.cc, and what they share.
#include <string>
#include <string_view>

#include "inventory/ecosystems.h"

namespace ashlar::inventory {

bool wants_python(std::string_view path, BytesView front);
Told read_python(std::string_view path, const host::ReadFile& file);
void settle_python(Told& told, const Contents& contents);

bool wants_npm(std::string_view path, BytesView front);
Told read_npm(std::string_view path, const host::ReadFile& file);
void settle_npm(Told& told, const Contents& contents);

bool wants_go(std::string_view path, BytesView front);
Told read_go(std::string_view path, const host::ReadFile& file);

bool wants_java(std::string_view path, BytesView front);
Told read_java(std::string_view path, const host::ReadFile& file);

bool wants_rust(std::string_view path, BytesView front);
Told read_rust(std::string_view path, const host::ReadFile& file);

bool wants_elf_note(std::string_view path, BytesView front);
Told read_elf_note(std::string_view path, const host::ReadFile& file);
void settle_elf_note(Told& told, const Contents& contents);

bool wants_apk(std::string_view path, BytesView front);
Told read_apk(std::string_view path, const host::ReadFile& file);

bool wants_rpm(std::string_view path, BytesView front);
Told read_rpm(std::string_view path, const host::ReadFile& file);
void settle_rpm(Told& told, const Contents& contents);

bool wants_dpkg(std::string_view path, BytesView front);
Told read_dpkg(std::string_view path, const host::ReadFile& file);

bool wants_gem(std::string_view path, BytesView front);
Told read_gem(std::string_view path, const host::ReadFile& file);

bool wants_composer(std::string_view path, BytesView front);
Told read_composer(std::string_view path, const host::ReadFile& file);

bool wants_nuget(std::string_view path, BytesView front);
Told read_nuget(std::string_view path, const host::ReadFile& file);

bool wants_hex(std::string_view path, BytesView front);
Told read_hex(std::string_view path, const host::ReadFile& file);

bool wants_conda(std::string_view path, BytesView front);
Told read_conda(std::string_view path, const host::ReadFile& file);

bool wants_cran(std::string_view path, BytesView front);
Told read_cran(std::string_view path, const host::ReadFile& file);

bool wants_version_records(std::string_view path, BytesView front);
Told read_version_records(std::string_view path, const host::ReadFile& file);

bool wants_sbom(std::string_view path, BytesView front);
Told read_sbom(std::string_view path, const host::ReadFile& file);

/// `cannot read 'PATH': CAUSE`, as a note.
std::string unread(std::string_view path, std::string_view cause);
/// The same of a record of packages of a language.
Unread no_record(std::string_view path, std::string_view cause);
/// ASCII letters in lower case.
std::string lower(std::string_view text);
/// After the last slash; and before it, without that slash.
std::string_view name_of(std::string_view path);
std::string_view folder_of(std::string_view path);
/// A whole file as text; Corrupt over `limit` bytes.
Result<std::string> read_text(const host::ReadFile& file, std::uint64_t limit = 16 << 20);
/// The path that `relative` leads to from `folder`, by the text alone; empty when it leads out of the root.
std::string joined_path(std::string_view folder, std::string_view relative);

}  // namespace ashlar::inventory
