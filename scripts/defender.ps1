# Exclusions of Microsoft Defender Antivirus. It is never turned off.
[CmdletBinding()]
param([switch]$Test)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')

$Kinds = @{ paths = 'ExclusionPath'; processes = 'ExclusionProcess'; extensions = 'ExclusionExtension' }

# {present, running, tamperProtected, hidden, paths, processes, extensions}; hidden: a policy keeps the lists from being read.
function Get-DefenderState {
    $state = @{ present = $false; running = $false; tamperProtected = $false; hidden = $false; paths = @(); processes = @(); extensions = @() }
    # The feature Windows-Defender may have been removed, or another product has taken its place.
    if ($null -eq (Get-Command -Name 'Get-MpPreference' -ErrorAction SilentlyContinue)) { return $state }
    if ((Get-IngotService -Name 'WinDefend').status -eq 'Missing') { return $state }
    $state.present = $true
    $state.running = (Get-IngotService -Name 'WinDefend').status -eq 'Running'
    if (-not $state.running) { return $state }
    $status = Get-MpComputerStatus
    # Older platforms do not know the property.
    $state.tamperProtected = [bool](Get-IngotProperty -InputObject $status -Name 'IsTamperProtected' -Default $false)
    $preference = Get-MpPreference
    foreach ($kind in $Kinds.Keys) {
        $list = @(Get-IngotProperty -InputObject $preference -Name $Kinds[$kind] -Default @() | ForEach-Object -Process { [string]$_ })
        # In place of the list: "N/A: Administrators are not allowed to view exclusions".
        if (@($list | Where-Object -FilterScript { $_.StartsWith('N/A:') }).Count -gt 0) { $state.hidden = $true; $list = @() }
        $state[$kind] = @($list | Sort-Object)
    }
    return $state
}

function Get-WantedExclusion {
    param([AllowNull()][object]$Exclusion, [Parameter(Mandatory = $true)][string]$Kind)
    if ($null -eq $Exclusion) { return }
    Get-IngotProperty -InputObject $Exclusion -Name $Kind -Default @() | ForEach-Object -Process { [string]$_ }
}

Invoke-IngotScript -Body {
    param($Parameter)
    $present = Get-IngotProperty -InputObject $Parameter -Name 'present'
    $absent = Get-IngotProperty -InputObject $Parameter -Name 'absent'
    $before = Get-DefenderState
    $changed = $false
    $evidence = @()
    if ($before.running -and $before.hidden) { Stop-Ingot -Code 'defender.hidden' -Message 'Expected to read the exclusions of Defender, found that a policy hides them from administrators.' }
    if ($before.running) {
        foreach ($kind in @('paths', 'processes', 'extensions')) {
            $add = @(Get-WantedExclusion -Exclusion $present -Kind $kind | Where-Object -FilterScript { $before[$kind] -notcontains $_ })
            $drop = @(Get-WantedExclusion -Exclusion $absent -Kind $kind | Where-Object -FilterScript { $before[$kind] -contains $_ })
            if ($add.Count + $drop.Count -gt 0) { $changed = $true }
            $evidence += @($add | ForEach-Object -Process { '+ {0} {1}' -f $kind, $_ }) + @($drop | ForEach-Object -Process { '- {0} {1}' -f $kind, $_ })
            if ($Test) { continue }
            $list = @{}
            if ($add.Count -gt 0) { $list[$Kinds[$kind]] = $add; Add-MpPreference @list }
            if ($drop.Count -gt 0) { $list[$Kinds[$kind]] = $drop; Remove-MpPreference @list }
        }
    }
    $after = $before
    # Tamper protection and policies drop what was set without a word: what counts is what can be read back.
    if ($changed -and -not $Test) { $after = Get-DefenderState }
    New-IngotResult -Changed $changed -Before $before -After $after -Evidence $evidence
}
