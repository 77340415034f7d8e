# Warnings of every target of ours; errors in the presets dev, asan and tsan.
add_library(ashlar_warnings INTERFACE)
add_library(ashlar::warnings ALIAS ashlar_warnings)
target_compile_options(ashlar_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wcast-align -Wconversion -Wno-sign-conversion
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual>)
if(ASHLAR_WERROR)
  target_compile_options(ashlar_warnings INTERFACE -Werror)
endif()
