# What `cmake --install` and `cpack` deliver: the program, what it reads at run time, man pages and completions.
include(GNUInstallDirs)
install(TARGETS ashlar RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
foreach(folder baselines catalog distributions effects feeds policies schemas templates)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/${folder}" DESTINATION ${CMAKE_INSTALL_DATADIR}/ashlar
          PATTERN "*.lock.json" EXCLUDE PATTERN "*.effects.json" EXCLUDE PATTERN ".*" EXCLUDE)
endforeach()
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/CHANGES.md" DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The program writes its own pages, from the table that its --help comes from. Not when it was built for another processor.
if(NOT CMAKE_CROSSCOMPILING)
  set(pages "${PROJECT_BINARY_DIR}/pages")
  add_custom_command(OUTPUT "${pages}/written"
    COMMAND "${CMAKE_COMMAND}" -E rm -rf "${pages}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${pages}/man" "${pages}/completions"
    COMMAND "${CMAKE_COMMAND}" -E env HOME=${pages} $<TARGET_FILE:ashlar> man "${pages}/man"
    COMMAND "${CMAKE_COMMAND}" -E env HOME=${pages} $<TARGET_FILE:ashlar> completions bash --output "${pages}/completions/ashlar"
    COMMAND "${CMAKE_COMMAND}" -E env HOME=${pages} $<TARGET_FILE:ashlar> completions zsh --output "${pages}/completions/_ashlar"
    COMMAND "${CMAKE_COMMAND}" -E env HOME=${pages} $<TARGET_FILE:ashlar> completions fish --output "${pages}/completions/ashlar.fish"
    COMMAND "${CMAKE_COMMAND}" -E touch "${pages}/written"
    DEPENDS ashlar COMMENT "Writing man pages and completions" VERBATIM)
  add_custom_target(pages ALL DEPENDS "${pages}/written")
  install(DIRECTORY "${pages}/man/" DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES "${pages}/completions/ashlar" DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES "${pages}/completions/_ashlar" DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
  install(FILES "${pages}/completions/ashlar.fish" DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ashlar)
set(CPACK_PACKAGE_VENDOR "Ashlar")
set(CPACK_PACKAGE_CONTACT "the maintainers of Ashlar <maintainers@ashlar.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION "Resolves declarative definitions against a Debian archive and writes minimal,
reproducible OCI images for several platforms, without root and without a
container engine.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
get_property(late_packages GLOBAL PROPERTY ASHLAR_LATE_PACKAGES)
string(REPLACE ";" ", " CPACK_DEBIAN_PACKAGE_DEPENDS "${late_packages}")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "bubblewrap, debian-archive-keyring, runc")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "skopeo, umoci")
include(CPack)
