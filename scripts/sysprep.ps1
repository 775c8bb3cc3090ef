# Checks all that Sysprep needs, then starts it in a scheduled task as Administrator. Sysprep itself runs in
# sysprep-task.ps1: as SYSTEM it is not supported (on 2025 the clones come up black), a process of this session would die
# with it, and logins may be refused once Sysprep is through. With -Test only the report.
[CmdletBinding()]
param([switch]$Test)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-state.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-sysprep.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-task.ps1')

$TaskName = 'ingot-sysprep'
$ParameterFile = Join-Path -Path $IngotFolder -ChildPath 'sysprep.json'

# {obstacles, warnings, packages, rearms, started}: everything at once, so that one build tells all that is in the way.
# Packages that are going to be removed are none.
function Get-SysprepState {
    [CmdletBinding()]
    param(
        [AllowEmptyString()][string]$Unattend,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][AllowEmptyString()][string[]]$Remove,
        [bool]$RemoveAll
    )
    $obstacles = @()
    if ($Unattend -ne '') { $obstacles += @(Get-AnswerFileObstacle -Path $Unattend) }
    $obstacles += @(Get-ServicingObstacle) + @(Get-SystemObstacle)
    $packages = @(Get-IngotUserPackage -Named $Remove)
    $kept = @($packages | Where-Object -FilterScript { -not $RemoveAll -and $Remove -notcontains $_.name })
    foreach ($item in $kept) { $obstacles += @{ code = 'sysprep.appx'; message = ('Expected no AppX package installed for a user but not provisioned for all, found {0}.' -f $item.fullName) } }
    return @{
        obstacles = @($obstacles)
        warnings  = @(Get-SysprepWarning)
        packages  = @($packages | ForEach-Object -Process { $_.fullName })
        rearms    = Get-IngotRearmCount
        started   = $false
    }
}

Invoke-IngotScript -Body {
    param($Parameter)
    $unattend = [string](Get-IngotProperty -InputObject $Parameter -Name 'unattend' -Default '')
    $remove = @(Get-IngotProperty -InputObject $Parameter -Name 'removeAppx' -Default @() | ForEach-Object -Process { [string]$_ })
    $removeAll = [bool](Get-IngotProperty -InputObject $Parameter -Name 'removeAllAppx' -Default $false)

    if ($Test) {
        $state = Get-SysprepState -Unattend $unattend -Remove $remove -RemoveAll $removeAll
        return New-IngotResult -Changed $true -Before $state -After $state -RebootRequired (@($state.obstacles | Where-Object -FilterScript { $_.code -eq 'sysprep.pending-reboot' }).Count -gt 0)
    }

    $run = Get-IngotText -InputObject $Parameter -Name 'run'
    $password = Get-IngotText -InputObject $Parameter -Name 'password'
    $wait = [int](Get-IngotProperty -InputObject $Parameter -Name 'waitMinutes' -Default 10)
    Initialize-IngotFolder

    if (Test-IngotTaskRunning -Name $TaskName) {
        $known = ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText($ParameterFile))
        if ($known.run -ne $run) { Stop-Ingot -Code 'sysprep.other-run' -Message ('Expected no other Sysprep, found the run {0} at work.' -f $known.run) }
        $state = @{ obstacles = @(); warnings = @(); packages = @(); rearms = 0; started = $true }
        return New-IngotResult -Changed $false -Before $state -After $state -Evidence @("the run $run is at work already")
    }

    Write-IngotProgress -Message 'Checking what Sysprep needs'
    Wait-IngotQuiet -Minutes $wait
    $before = Get-SysprepState -Unattend $unattend -Remove $remove -RemoveAll $removeAll
    $pending = @($before.obstacles | Where-Object -FilterScript { $_.code -eq 'sysprep.pending-reboot' }).Count -gt 0
    if ($before.obstacles.Count -gt 0) { return New-IngotResult -Changed $false -Before $before -After $before -RebootRequired $pending }

    $removed = @()
    $packages = @(Get-IngotUserPackage -Named $remove)
    if ($packages.Count -gt 0) {
        $removed = @(Remove-IngotUserPackage -Package $packages)
        $after = Get-SysprepState -Unattend $unattend -Remove @() -RemoveAll $false
        if ($after.obstacles.Count -gt 0) { return New-IngotResult -Changed $true -Before $before -After $after -RebootRequired (@(Get-PendingReboot).Count -gt 0) -Evidence $removed }
    }

    Write-IngotProgress -Message 'Starting Sysprep'
    # The account with RID 500: its name is localised and may have been changed.
    $account = Get-LocalUser | Where-Object -FilterScript { $_.SID.Value -match '^S-1-5-21-.*-500$' }
    # In process, never on a command line: those are logged and seen by others.
    Set-LocalUser -SID $account.SID -Password (ConvertTo-SecureString -String $password -AsPlainText -Force)
    # What the task needs; the password is not among it.
    $task = @{ run = $run; unattend = $unattend }
    foreach ($name in @('minutes', 'mode')) { $task[$name] = Get-IngotProperty -InputObject $Parameter -Name $name }
    # A list of none would be no value at all otherwise, which 5.1 writes as {}.
    foreach ($name in @('harmless', 'remove')) { $task[$name] = @(Get-IngotProperty -InputObject $Parameter -Name $name -Default @() | ForEach-Object -Process { [string]$_ }) }
    Set-IngotFile -Path $ParameterFile -Text (ConvertTo-IngotJson -InputObject $task)
    Register-IngotTask -Name $TaskName -Script (Join-Path -Path $PSScriptRoot -ChildPath 'sysprep-task.ps1') -User ('{0}\{1}' -f $env:COMPUTERNAME, $account.Name) -Password $password
    Start-ScheduledTask -TaskName $TaskName
    $after = $before.Clone()
    $after.packages = @()
    $after.started = $true
    New-IngotResult -Changed $true -Before $before -After $after -Evidence $removed
}
