# What `cmake --install` and `cpack` deliver.
include(GNUInstallDirs)
install(TARGETS ashlar RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
