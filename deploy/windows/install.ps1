# dotls as a task that Windows starts with the system and again when it ends. Run in an elevated PowerShell, with dotls.exe
# (scripts/executable.mjs) and dotls.yaml in C:\Program Files\dotls:
#
#   powershell -ExecutionPolicy Bypass -File install.ps1
#
# A service would need a wrapper that speaks with the service manager; the task scheduler does without.
$ErrorActionPreference = 'Stop'
$folder = Join-Path $env:ProgramFiles 'dotls'
$action = New-ScheduledTaskAction -Execute (Join-Path $folder 'dotls.exe') `
  -Argument "serve --config `"$(Join-Path $folder 'dotls.yaml')`"" -WorkingDirectory $folder
$trigger = New-ScheduledTaskTrigger -AtStartup
$principal = New-ScheduledTaskPrincipal -UserId 'NT AUTHORITY\LOCAL SERVICE' -LogonType ServiceAccount
$settings = New-ScheduledTaskSettingsSet -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries `
  -ExecutionTimeLimit ([TimeSpan]::Zero) -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1)
Register-ScheduledTask -TaskName 'dotls' -Action $action -Trigger $trigger -Principal $principal -Settings $settings -Force
Start-ScheduledTask -TaskName 'dotls'
