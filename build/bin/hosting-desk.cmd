@echo off
rem The command line of the installed application: its own binary, as Node.
setlocal
set ELECTRON_RUN_AS_NODE=1
"%~dp0..\..\Hosting Desk.exe" "%~dp0..\app.asar\dist\main\cli.js" %*
