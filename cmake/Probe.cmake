# The health probe (probe/probe.c): one program for each processor that images are for. Its bytes become part of the room `build`, so that the program
# needs no file beside it. Where a processor's compiler lacks, images for it cannot have a probe, and say so when one is asked for.
set(ASHLAR_PROBE_FLAGS -std=gnu11 -Os -ffreestanding -fno-builtin -fno-stack-protector -fno-asynchronous-unwind-tables -fPIE -fvisibility=hidden -Wall -Wextra
  -nostdlib -static-pie -s -Wl,-z,relro,-z,now,-z,noexecstack,--no-dynamic-linker,--build-id=none)

function(ashlar_probe architecture triple out)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64)$" AND architecture STREQUAL "amd64" OR CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$" AND architecture STREQUAL "arm64")
    set(compiler "${CMAKE_C_COMPILER}")
  else()
    find_program(ASHLAR_CC_${architecture} ${triple}-gcc)
    set(compiler "${ASHLAR_CC_${architecture}}")
  endif()
  set(program "${PROJECT_BINARY_DIR}/probe/${architecture}")
  set(bytes "${program}.cc")
  set(source "${PROJECT_SOURCE_DIR}/probe/probe.c")
  file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/probe")
  if(compiler)
    add_custom_command(OUTPUT "${program}" COMMAND "${compiler}" ${ASHLAR_PROBE_FLAGS} "${source}" -o "${program}" DEPENDS "${source}" COMMENT "Building the probe for ${architecture}" VERBATIM)
    add_custom_command(OUTPUT "${bytes}"
      COMMAND "${CMAKE_COMMAND}" -D "program=${program}" -D "bytes=${bytes}" -D "name=probe_${architecture}" -P "${PROJECT_SOURCE_DIR}/cmake/EmbedBytes.cmake"
      DEPENDS "${program}" "${PROJECT_SOURCE_DIR}/cmake/EmbedBytes.cmake" VERBATIM)
  else()
    message(STATUS "no ${triple}-gcc: images for ${architecture} cannot have a health probe (install gcc-${triple})")
    add_custom_command(OUTPUT "${bytes}" COMMAND "${CMAKE_COMMAND}" -D "bytes=${bytes}" -D "name=probe_${architecture}" -P "${PROJECT_SOURCE_DIR}/cmake/EmbedBytes.cmake"
      DEPENDS "${PROJECT_SOURCE_DIR}/cmake/EmbedBytes.cmake" VERBATIM)
  endif()
  set(${out} "${bytes}" PARENT_SCOPE)
endfunction()

ashlar_probe(amd64 x86_64-linux-gnu probe_amd64)
ashlar_probe(arm64 aarch64-linux-gnu probe_arm64)
target_sources(ashlar_build PRIVATE "${probe_amd64}" "${probe_arm64}")
