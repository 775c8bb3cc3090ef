# Makes ingot's own folder one that only SYSTEM and Administrators can read or write, whoever made it, and empties the folder
# of the scripts: what lies there may be from somebody else. The scripts are uploaded again then.
[CmdletBinding()]
param([switch]$Test)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-state.ps1')

Invoke-IngotScript -Body {
    $before = @{ private = Test-IngotFolderPrivate }
    if ($before.private -or $Test) { return New-IngotResult -Changed (-not $before.private) -Before $before -After $before }
    $scripts = Join-Path -Path $IngotFolder -ChildPath 'scripts'
    Initialize-IngotFolder
    # PowerShell has read the scripts that run: their files can go.
    Remove-Item -LiteralPath $scripts -Recurse -Force -ErrorAction SilentlyContinue
    Initialize-IngotFolder -Path $scripts
    New-IngotResult -Changed $true -Before $before -After @{ private = Test-IngotFolderPrivate } -Evidence @("$IngotFolder and $scripts belong to Administrators and SYSTEM only")
}
