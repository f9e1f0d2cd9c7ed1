# What `cmake --install` installs. The tree is whole: Arrow's libraries come along when they were
# taken from the wheel, and everything finds its neighbours relative to itself.

include(CMakePackageConfigHelpers)
set(config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/mosaico")

if(TARGET mosaico)
  install(TARGETS mosaico EXPORT mosaicoTargets
          LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
          FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(EXPORT mosaicoTargets NAMESPACE mosaico:: DESTINATION "${config_dir}")
  configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/mosaicoConfig.cmake.in"
                                "${PROJECT_BINARY_DIR}/mosaicoConfig.cmake"
                                INSTALL_DESTINATION "${config_dir}"
                                NO_SET_AND_CHECK_MACRO)
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/mosaicoConfigVersion.cmake"
                                   COMPATIBILITY SameMinorVersion)
  install(FILES "${PROJECT_BINARY_DIR}/mosaicoConfig.cmake"
                "${PROJECT_BINARY_DIR}/mosaicoConfigVersion.cmake"
          DESTINATION "${config_dir}")
endif()

foreach(executable mosaicod mosaico_tool)
  if(TARGET ${executable})
    install(TARGETS ${executable} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
  endif()
endforeach()

if(TARGET mosaico_tool)
  install(FILES "${PROJECT_SOURCE_DIR}/completions/mosaico.bash" RENAME mosaico
          DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
  install(FILES "${PROJECT_SOURCE_DIR}/completions/_mosaico"
          DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
  set(man_dir "${PROJECT_BINARY_DIR}/man")
  install(CODE "execute_process(COMMAND \"${PROJECT_SOURCE_DIR}/tools/make_man\"
                \"$<TARGET_FILE:mosaico_tool>\" \"${man_dir}\" COMMAND_ERROR_IS_FATAL ANY)")
  install(DIRECTORY "${man_dir}/man1" DESTINATION "${CMAKE_INSTALL_MANDIR}")
endif()

if(MOSAICO_ARROW_FROM_WHEEL)
  foreach(name arrow compute acero parquet flight)
    get_target_property(location deps::${name} IMPORTED_LOCATION)
    install(PROGRAMS "${location}" DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  endforeach()
  install(DIRECTORY "${MOSAICO_ARROW_DIR}/licenses/"
          DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/mosaico/arrow")
endif()
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/mosaico")
