# Runs PSScriptAnalyzer and the Pester tests over the scripts. -Require: a missing module is a failure, as in CI.
[CmdletBinding()]
param([switch]$Require)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$scripts = Split-Path -Path $PSScriptRoot -Parent
$failed = $false

# The newest version of a module that is installed, from one version on and below another; nothing when there is none.
function Import-TestModule {
    param([Parameter(Mandatory = $true)][string]$Name, [Parameter(Mandatory = $true)][version]$From, [Parameter(Mandatory = $true)][version]$Below)
    $found = @(Get-Module -ListAvailable -Name $Name | Where-Object -FilterScript { $_.Version -ge $From -and $_.Version -lt $Below } | Sort-Object -Property Version -Descending)
    if ($found.Count -eq 0) {
        $text = "$Name $From or newer, below $Below, is not installed: its checks were not run."
        if ($Require) { throw $text }
        Write-Output -InputObject $text
        return
    }
    Import-Module -Name $Name -RequiredVersion $found[0].Version -Force
    Write-Output -InputObject "$Name $($found[0].Version) on PowerShell $($PSVersionTable.PSVersion)"
}

Import-TestModule -Name 'PSScriptAnalyzer' -From '1.22.0' -Below '2.0'
if ($null -ne (Get-Module -Name 'PSScriptAnalyzer')) {
    $settings = Import-PowerShellDataFile -LiteralPath (Join-Path -Path $PSScriptRoot -ChildPath 'PSScriptAnalyzerSettings.psd1')
    $records = @(PSScriptAnalyzer\Invoke-ScriptAnalyzer -Path $scripts -Settings $settings)
    # Pester's commands are none of Windows.
    $settings.ExcludeRules += @('PSUseCompatibleCommands')
    $records += @(PSScriptAnalyzer\Invoke-ScriptAnalyzer -Path $PSScriptRoot -Settings $settings)
    foreach ($record in $records) { Write-Output -InputObject ('{0}:{1}: {2} {3}: {4}' -f $record.ScriptName, $record.Line, $record.Severity, $record.RuleName, $record.Message) }
    Write-Output -InputObject "PSScriptAnalyzer: $($records.Count) findings"
    if ($records.Count -gt 0) { $failed = $true }
}

# Pester 3.4 comes with Windows and reads none of these tests; 6 was not tried.
Import-TestModule -Name 'Pester' -From '5.5.0' -Below '6.0'
if ($null -ne (Get-Module -Name 'Pester')) {
    $configuration = Pester\New-PesterConfiguration
    $configuration.Run.Path = $PSScriptRoot
    $configuration.Run.PassThru = $true
    $configuration.Output.Verbosity = 'Normal'
    $result = Pester\Invoke-Pester -Configuration $configuration
    # A file that could not be read has no failed tests.
    if ($result.Result -ne 'Passed' -or $result.TotalCount -eq 0) { $failed = $true }
}

if ($failed) { exit 1 }
exit 0
