# Restarts Windows. The connection drops afterwards; a changed boot time is the proof, not this script's end.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-state.ps1')

Invoke-IngotScript -Body {
    $bootTime = Get-IngotBootTime
    # Made anew when the next start is over (settle.ps1).
    Remove-Item -LiteralPath $IngotLogonChecked -Recurse -Force -ErrorAction SilentlyContinue
    # p:2:4 = operating system, reconfiguration, planned. One second, so that the result below still gets through.
    # 1190: a shutdown is scheduled already; 1115: one is in progress. Both end in what was asked for.
    $shutdown = Join-Path -Path $env:SystemRoot -ChildPath 'System32\shutdown.exe'
    $end = Invoke-Native -FilePath $shutdown -ArgumentList @('/r', '/f', '/t', '1', '/d', 'p:2:4', '/c', 'ingot restarts Windows') -SuccessCode @(0, 1115, 1190)
    if ($end.exitCode -ne 0) { Write-IngotLog -Message ('shutdown.exe ended with {0}: a restart is under way already' -f $end.exitCode) }
    @{ scheduled = $true; bootTime = $bootTime }
}
