# Libraries of the distribution, as imported targets with one spelling each.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(OpenSSL 3 REQUIRED)  # its version; what is linked is libcrypto, below
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)

function(ashlar_pkg target module)
  pkg_check_modules(${target}_pc REQUIRED IMPORTED_TARGET ${module})
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_link_libraries(${target} INTERFACE PkgConfig::${target}_pc)
endfunction()
ashlar_pkg(libfyaml libfyaml)
ashlar_pkg(simdjson simdjson)

include(Late)  # of these, more than half of the time that a short verb takes goes by in loading them
ashlar_late(libcurl curl)
ashlar_late(librnp rnp)
ashlar_late(libarchive archive)
ashlar_late(libsodium sodium)
ashlar_late(libp11kit p11-kit)
pkg_check_modules(p11kit_pc REQUIRED p11-kit-1)  # for its headers, which lie in a folder of their own

ashlar_late(libcrypto crypto)
ashlar_late(libsqlite3 sqlite3)
ashlar_late(libsolv solv)
ashlar_late(libsolvext solvext)
ashlar_late(liblzma lzma)
ashlar_late(libzstd zstd)
ashlar_late(libdeflate deflate)
ashlar_late(libisal isal)
ashlar_late(libz z)

if(ASHLAR_TESTS)
  enable_testing()
  find_package(GTest REQUIRED)
  include(GoogleTest)
  find_path(ASHLAR_VALIJSON valijson/adapters/nlohmann_json_adapter.hpp)  # for tests that hold readers to their schemas
endif()
