@echo off
"%~dp0node\bin\node.exe" --disable-warning=ExperimentalWarning "%~dp0lib\main.mjs" %*
exit /b %ERRORLEVEL%
