#include "attest/inner/licence_names.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ashlar::attest {
namespace {

using Row = std::pair<std::string_view, std::string_view>;

/// Licences of one version. Lower case on the left; Debian's names (copyright-format 1.0, "License short name") and what is seen in its packages.
constexpr std::array licences = std::to_array<Row>({
    {"0bsd", "0BSD"}, {"afl-2.1", "AFL-2.1"}, {"afl-3.0", "AFL-3.0"}, {"apache", "Apache-2.0"}, {"apache-1.1", "Apache-1.1"}, {"apache-2", "Apache-2.0"}, {"apache-2.0", "Apache-2.0"},
    {"artistic", "Artistic-1.0-Perl"}, {"artistic-1", "Artistic-1.0"}, {"artistic-1.0", "Artistic-1.0"}, {"artistic-2", "Artistic-2.0"}, {"artistic-2.0", "Artistic-2.0"},
    {"bsd-1-clause", "BSD-1-Clause"}, {"bsd-2-clause", "BSD-2-Clause"}, {"bsd-2", "BSD-2-Clause"}, {"bsd-2-clauses", "BSD-2-Clause"}, {"freebsd", "BSD-2-Clause"},
    {"bsd-3-clause", "BSD-3-Clause"}, {"bsd-3", "BSD-3-Clause"}, {"bsd-3-clauses", "BSD-3-Clause"}, {"bsd-4-clause", "BSD-4-Clause"}, {"bsd-4-clause-uc", "BSD-4-Clause-UC"},
    {"bsd-4", "BSD-4-Clause"}, {"bsl-1.0", "BSL-1.0"}, {"boost", "BSL-1.0"}, {"boost-1.0", "BSL-1.0"}, {"bzip2", "bzip2-1.0.6"}, {"bzip2-1.0.6", "bzip2-1.0.6"},
    {"cc-by-3.0", "CC-BY-3.0"}, {"cc-by-4.0", "CC-BY-4.0"}, {"cc-by-sa-2.0", "CC-BY-SA-2.0"}, {"cc-by-sa-3.0", "CC-BY-SA-3.0"}, {"cc-by-sa-4.0", "CC-BY-SA-4.0"},
    {"cc0", "CC0-1.0"}, {"cc0-1.0", "CC0-1.0"}, {"cddl", "CDDL-1.0"}, {"cddl-1.0", "CDDL-1.0"}, {"cddl-1.1", "CDDL-1.1"}, {"cpl-1.0", "CPL-1.0"}, {"curl", "curl"},
    {"epl-1.0", "EPL-1.0"}, {"epl-2.0", "EPL-2.0"}, {"expat", "MIT"}, {"mit", "MIT"}, {"mit/expat", "MIT"}, {"expat/mit", "MIT"}, {"fsfap", "FSFAP"}, {"fsful", "FSFUL"},
    {"fsfullr", "FSFULLR"}, {"fsfullrwd", "FSFULLRWD"}, {"ftl", "FTL"}, {"hpnd", "HPND"}, {"hpnd-sell-variant", "HPND-sell-variant"}, {"ibm-pibs", "IBM-pibs"}, {"icu", "ICU"},
    {"ijg", "IJG"}, {"isc", "ISC"}, {"libpng", "Libpng"}, {"libtiff", "libtiff"}, {"lppl-1.3c", "LPPL-1.3c"}, {"mit-cmu", "MIT-CMU"}, {"mit-0", "MIT-0"},
    {"mpl-1.1", "MPL-1.1"}, {"mpl-2", "MPL-2.0"}, {"mpl-2.0", "MPL-2.0"}, {"ms-pl", "MS-PL"}, {"ncsa", "NCSA"}, {"ofl-1.0", "OFL-1.0"}, {"ofl-1.1", "OFL-1.1"},
    {"sil-1.1", "OFL-1.1"}, {"openldap-2.8", "OLDAP-2.8"}, {"oldap-2.8", "OLDAP-2.8"}, {"openssl", "OpenSSL"}, {"php-3.0", "PHP-3.0"}, {"php-3.01", "PHP-3.01"},
    {"postgresql", "PostgreSQL"}, {"psf-2", "PSF-2.0"}, {"psf-2.0", "PSF-2.0"}, {"python-2.0", "Python-2.0"}, {"python-2.0.1", "Python-2.0.1"}, {"psf", "Python-2.0"}, {"psfl", "Python-2.0"},
    {"qpl-1.0", "QPL-1.0"}, {"ruby", "Ruby"}, {"sleepycat", "Sleepycat"}, {"smlnj", "SMLNJ"}, {"sunpro", "SunPro"}, {"tcl", "TCL"}, {"unicode", "Unicode-DFS-2016"},
    {"unicode-dfs-2016", "Unicode-DFS-2016"}, {"unicode-3.0", "Unicode-3.0"}, {"unlicense", "Unlicense"}, {"vim", "Vim"}, {"w3c", "W3C"}, {"wtfpl", "WTFPL"},
    {"wtfpl-2", "WTFPL"}, {"x11", "X11"}, {"x11-distribute-modifications-variant", "X11-distribute-modifications-variant"}, {"zlib", "Zlib"}, {"zlib/libpng", "Zlib"},
    {"zpl-2.1", "ZPL-2.1"}, {"beerware", "Beerware"}, {"spencer-94", "Spencer-94"}, {"bsd-source-code", "BSD-Source-Code"}, {"rsa-md", "RSA-MD"},
    {"ntp", "NTP"}, {"snprintf", "snprintf"}, {"upl-1.0", "UPL-1.0"}, {"eupl-1.2", "EUPL-1.2"}, {"efl-2", "EFL-2.0"}, {"blueoak-1.0.0", "BlueOak-1.0.0"},
});

/// Families of which a version alone and any later one have names of their own (`GPL-2`, `GPL-2+`).
constexpr std::array families = std::to_array<Row>({
    {"gpl", "GPL-1.0"}, {"gpl-1", "GPL-1.0"}, {"gpl-1.0", "GPL-1.0"}, {"gpl-2", "GPL-2.0"}, {"gpl-2.0", "GPL-2.0"}, {"gpl-3", "GPL-3.0"}, {"gpl-3.0", "GPL-3.0"},
    {"lgpl", "LGPL-2.0"}, {"lgpl-2", "LGPL-2.0"}, {"lgpl-2.0", "LGPL-2.0"}, {"lgpl-2.1", "LGPL-2.1"}, {"lgpl-3", "LGPL-3.0"}, {"lgpl-3.0", "LGPL-3.0"},
    {"agpl-3", "AGPL-3.0"}, {"agpl-3.0", "AGPL-3.0"}, {"gfdl", "GFDL-1.1"}, {"gfdl-1.1", "GFDL-1.1"}, {"gfdl-1.2", "GFDL-1.2"}, {"gfdl-1.3", "GFDL-1.3"},
    {"gfdl-niv-1.1", "GFDL-1.1-no-invariants"}, {"gfdl-niv-1.2", "GFDL-1.2-no-invariants"}, {"gfdl-niv-1.3", "GFDL-1.3-no-invariants"}, {"fdl-1.3", "GFDL-1.3"},
});

constexpr std::array exceptions = std::to_array<Row>({
    {"autoconf", "Autoconf-exception-2.0"}, {"autoconf-2.0", "Autoconf-exception-2.0"}, {"autoconf-3.0", "Autoconf-exception-3.0"}, {"bison", "Bison-exception-2.2"},
    {"bison-2.2", "Bison-exception-2.2"}, {"classpath", "Classpath-exception-2.0"}, {"classpath-2.0", "Classpath-exception-2.0"}, {"font", "Font-exception-2.0"},
    {"gcc", "GCC-exception-3.1"}, {"gcc-3.1", "GCC-exception-3.1"}, {"gcc-runtime", "GCC-exception-3.1"}, {"gcc runtime library", "GCC-exception-3.1"}, {"gcc-2.0", "GCC-exception-2.0"},
    {"libtool", "Libtool-exception"}, {"llvm", "LLVM-exception"}, {"linux-syscall-note", "Linux-syscall-note"}, {"ocaml-lgpl-linking", "OCaml-LGPL-linking-exception"},
    {"cryptsetup-openssl", "cryptsetup-OpenSSL-exception"}, {"universal-foss-1.0", "Universal-FOSS-exception-1.0"},
});

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

template <size_t count>
std::string_view find(const std::array<Row, count>& table, std::string_view name) {
  const auto row = std::ranges::find(table, name, &Row::first);
  return row == table.end() ? std::string_view() : row->second;
}

}  // namespace

std::string spdx_licence(std::string_view name) {
  std::string key = lower(name);
  if (const auto exact = find(licences, key); !exact.empty()) return std::string(exact);
  const auto drop = [&](std::string_view suffix) {
    const bool there = key.ends_with(suffix);
    if (there) key.resize(key.size() - suffix.size());
    return there;
  };
  const bool unversioned = key.find('-') == std::string::npos;
  const bool later = drop("+") || drop("-or-later") || unversioned;  // a GPL without a version is any (GPL-2.0, section 9)
  if (!later) drop("-only");
  const auto family = find(families, key);
  if (family.empty()) return {};
  return std::string(family) + (later ? "-or-later" : "-only");
}

std::string spdx_exception(std::string_view name) {
  std::string key = lower(name);
  for (const std::string_view suffix : {" exception", "-exception"}) {
    if (key.ends_with(suffix)) key.resize(key.size() - suffix.size());
  }
  if (const size_t at = key.find("-exception-"); at != std::string::npos) key.erase(at, std::string_view("-exception").size());
  return std::string(find(exceptions, key));
}

}  // namespace ashlar::attest
